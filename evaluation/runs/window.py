"""Windows of tokens: the end of the text before a hole, the start of the text behind it."""

from collections.abc import Sequence


def window_end(token_ids: Sequence[int], tokens_max: int, step: int = 1) -> list[int]:
    """Return the last tokens, at most ``tokens_max``, starting at a multiple of ``step``.

    With a step, the windows of two holes of one file begin alike, and their common part is computed once.
    """
    assert step >= 1
    excess = max(0, len(token_ids) - tokens_max)
    return list(token_ids[-(-excess // step) * step :]) if tokens_max > 0 else []


def window_start(token_ids: Sequence[int], tokens_max: int) -> list[int]:
    """Return the first tokens, at most ``tokens_max``."""
    return list(token_ids[: max(0, tokens_max)])
