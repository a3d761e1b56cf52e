"""The work in progress: the branch, the last commits, staged changes, and the tasks noted in this file."""

import re
from collections.abc import Iterator

from holesmith.context.index.reader import Index
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.surroundings import Surroundings

# Tasks that become snippets, and characters of the staged changes that are shown.
TASKS_MAX = 4
DIFF_CHARACTERS_MAX = 2_000
_TASK = re.compile(r"(?:#|//|/?\*).*\b(?:TODO|FIXME|XXX)\b")


def revision(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the branch with the last commits, and the staged changes."""
    del index
    known = around.request.revision
    lines = [f"branch: {known.branch}"] if known.branch else []
    lines += [f"commit: {subject}" for subject in known.subjects]
    if lines:
        yield Snippet("\n".join(lines), "revision", "COMMITS.txt", None, 1.0, "branch and last commits")
    diff = known.diff.strip()
    if diff:
        cut = diff[:DIFF_CHARACTERS_MAX].rpartition("\n")[0] if len(diff) > DIFF_CHARACTERS_MAX else diff
        if cut.strip():
            yield Snippet(cut, "revision", "staged.diff", None, 0.8, "what is staged for the next commit")


def tasks(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield notes outside of the text that the prompt shows, the nearest first."""
    del index
    numbers = [number for number, line in enumerate(around.lines) if _TASK.search(line)]
    hidden = [number for number in numbers if not around.shown.start <= number < around.shown.stop]
    hidden.sort(key=lambda number: abs(number - around.hole_line))
    for rank, number in enumerate(hidden[:TASKS_MAX]):
        yield Snippet(
            text=around.lines[number].strip(),
            source="tasks",
            path=around.request.path,
            span=LineSpan(number, number + 1),
            score=1.0 / (1 + rank),
            reason="an open task noted in this file",
        )
