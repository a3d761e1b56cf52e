"""The final check: static analysis reads finished completions once more.

Of several completions, those without a certain error come first. If all have one, the likeliest completion is
shortened to the lines before its error, or withheld: of `total = 0` and a second line `return totl`, the
first line is left. Invariants: only errors that analysis is certain of count; a late answer changes nothing;
the rest of a shortened completion is whole statements.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from holesmith.analysis.answers import StaticError
from holesmith.analysis.client import Analyst
from holesmith.analysis.questions import Source, StaticErrorsQuestion
from holesmith.analysis.syntax.excerpt import excerpt_at
from holesmith.completion.answer import Completion

CERTAIN = frozenset(("unresolved_name", "unknown_member", "unknown_keyword"))
"""The kinds of errors that were never reported for true text when this was measured
(docs/results/2026-11-24-final-check.md).
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """The ``completions`` that may be shown, the best first, and the error that was found; "" if none."""

    completions: tuple[Completion, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class FinalCheck:
    """A document, and the analyst that reads it; an answer that takes longer than ``answer_ms_max`` is
    ignored.
    """

    path: str | None
    text: str
    analyst: Analyst
    answer_ms_max: float

    async def check(self, completions: Sequence[Completion]) -> Checked:
        """Return the completions to show. The first one given is the likeliest."""
        errors = await asyncio.gather(*(self.first_error(each) for each in completions))
        sound = [each for each, error in zip(completions, errors, strict=True) if error is None]
        blamed = [(each, error) for each, error in zip(completions, errors, strict=True) if error is not None]
        if sound or not blamed:
            return Checked((*sound, *(each for each, _ in blamed)) if sound else (), "")
        completion, error = blamed[0]
        # In a thread, because it lexes the document up to the error.
        shorter = await asyncio.to_thread(shortened, completion, error, self.text)
        if shorter is None:
            return Checked((), f"static analysis: {error.message}")
        return Checked((shorter,), f"shortened, static analysis: {error.message}")

    async def first_error(self, completion: Completion) -> StaticError | None:
        """Return the first certain error in the text that the completion inserts; None if there is none."""
        before, after = self.text[: completion.start], self.text[completion.stop :]
        source = Source(self.path, before + completion.text + after)
        stop = completion.start + len(completion.text)
        question = StaticErrorsQuestion(source, completion.start, stop)
        reply = await self.analyst.ask(question, self.answer_ms_max)
        errors = reply.answer.errors if reply.answer is not None else ()
        found = [each for each in errors if each.kind in CERTAIN and completion.start <= each.start < stop]
        return min(found, key=lambda each: each.start, default=None)


def shortened(completion: Completion, error: StaticError, text: str) -> Completion | None:
    """Cut the completion before the line of the error; None if no whole statement is left."""
    before = text[: completion.start]
    kept = completion.text[: error.start - completion.start]
    while "\n" in kept:
        kept = kept[: kept.rindex("\n")]
        if kept.strip() and is_whole(before + kept):
            return replace(completion, text=kept.rstrip())
    return None


def is_whole(text: str) -> bool:
    """True if a statement ends at the end of the text: no bracket or string is open,
    and no block only begun.
    """
    excerpt = excerpt_at("python", text, "")
    significant = [token for token in excerpt.tokens if token.kind not in ("newline", "comment")]
    is_open = bool(excerpt.open_tokens) or excerpt.open_literal is not None
    return not is_open and bool(significant) and significant[-1].text not in (":", "\\", ",", "=")
