"""Properties of a target that reports split by."""

import re


def length_slice(target: str) -> str:
    """Return the length of the target in characters, in four classes."""
    length = len(target.strip())
    return next(
        (name for limit, name in ((8, "1-8"), (24, "9-24"), (60, "25-60")) if length <= limit), "over 60"
    )


def kind_slice(target: str) -> str:
    """Return the kind of a line's rest by its text alone: with a call, only closing marks, or other."""
    if "(" in target:
        return "call"
    return "closing" if not re.search(r"\w", target) else "other"
