"""Cut a snippet to fewer tokens at its own lines: at the end of a definition if one ends in reach."""

from collections.abc import Callable

# Lines above the last one that fits in which the end of a definition is looked for.
LINES_LOOKED_BACK = 12


def trimmed(text: str, tokens_max: int, count: Callable[[str], int]) -> str:
    """Return a beginning of ``text``, in whole lines, of at most ``tokens_max`` tokens; empty if no line
    fits.

    The result never ends with a line that opens a block or a bracket, or with a decorator.
    """
    if count(text) <= tokens_max:
        return text
    lines = text.split("\n")
    low, high = 0, len(lines) - 1
    while low < high:  # the most lines that fit
        middle = (low + high + 1) // 2
        if count("\n".join(lines[:middle])) <= tokens_max:
            low = middle
        else:
            high = middle - 1
    return "\n".join(lines[: _good_end(lines, low)])


def _good_end(lines: list[str], stop: int) -> int:
    """Return the nearest line number at or before ``stop`` where a definition of the outermost level ends."""
    outer = min((_indent(line) for line in lines if line.strip()), default=0)
    for end in range(stop, max(0, stop - LINES_LOOKED_BACK), -1):
        following = lines[end] if end < len(lines) else ""
        is_boundary = not following.strip() or _indent(following) <= outer
        if is_boundary and lines[end - 1].strip() and not _is_open(lines[end - 1]):
            return end
    while stop > 0 and (_is_open(lines[stop - 1]) or not lines[stop - 1].strip()):
        stop -= 1
    return stop


def _is_open(line: str) -> bool:
    text = line.strip()
    return text.startswith("@") or text.endswith((":", "{", "(", "[", ",", "\\"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
