"""Similarity of two pieces of code by the sets of their identifiers (Jaccard), and the most similar windows.

Sources: the sliding windows of RepoCoder (lines before the hole against windows of the repository) and of
editors' assistants (the same over open files).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holesmith.context.identifiers import IDENTIFIER
from holesmith.context.snippet import LineSpan

# Lines between the starts of two windows; each window has two steps.
STEP_LINES = 5
WINDOW_LINES = 2 * STEP_LINES
# The lines that follow a window like the text before the hole may be like the middle, so they are added.
LINES_AFTER = 8


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines of a text; ``score`` is their similarity, from 0 to 1."""

    span: LineSpan
    score: float


def jaccard(names: frozenset[str], others: frozenset[str]) -> float:
    """Return the share of all names that both sets have; 0 if both are empty."""
    union = len(names | others)
    return len(names & others) / union if union else 0.0


def names_in(lines: Sequence[str]) -> frozenset[str]:
    """Return the identifiers of some lines."""
    return frozenset(IDENTIFIER.findall("\n".join(lines)))


def windows_of(lines: Sequence[str], names: frozenset[str]) -> Iterator[Window]:
    """Yield each window of the text with its similarity to ``names``; its span includes LINES_AFTER more
    lines.
    """
    starts = range(0, len(lines), STEP_LINES)
    steps = [names_in(lines[start : start + STEP_LINES]) for start in starts]
    for start, first, second in zip(starts, steps, [*steps[1:], frozenset[str]()], strict=True):
        stop = min(len(lines), start + WINDOW_LINES)
        yield Window(LineSpan(start, min(len(lines), stop + LINES_AFTER)), jaccard(names, first | second))


def best_windows(lines: Sequence[str], names: frozenset[str], limit: int, hidden: LineSpan) -> list[Window]:
    """Return up to ``limit`` of the best windows, best first.

    The windows share no line with each other nor with ``hidden``.
    """
    chosen: list[Window] = []
    for window in sorted(windows_of(lines, names), key=lambda window: -window.score):
        taken = [hidden, *(other.span for other in chosen)]
        if window.score > 0 and not any(window.span.overlap(span) for span in taken):
            chosen.append(window)
            if len(chosen) == limit:
                break
    return chosen
