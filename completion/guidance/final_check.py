"""The last check: finished completions are read once more by the analysis that watched them being written.

Of several, those without a certain error come first. If all have one, the likeliest is shortened to the lines
before it, or withheld. Invariants: only errors that analysis is certain of count; a late answer changes
nothing; what is left of a shortened completion is whole statements.
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
"""Kinds of errors that true text was not blamed for when it was measured
(docs/results/2026-11-24-final-check.md)."""


@dataclass(frozen=True, slots=True)
class Checked:
    """``completions``, the best first, and what the check found wrong; "" if nothing."""

    completions: tuple[Completion, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class FinalCheck:
    """The document, and who is asked about it; an answer that takes longer than ``answer_ms_max`` is none."""

    path: str | None
    text: str
    analyst: Analyst
    answer_ms_max: float

    async def check(self, completions: Sequence[Completion]) -> Checked:
        """Which completions to show. The first given is the likeliest."""
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
        """The first certain error in the text that the completion inserts."""
        before, after = self.text[: completion.start], self.text[completion.stop :]
        source = Source(self.path, before + completion.text + after)
        stop = completion.start + len(completion.text)
        question = StaticErrorsQuestion(source, completion.start, stop)
        reply = await self.analyst.ask(question, self.answer_ms_max)
        errors = reply.answer.errors if reply.answer is not None else ()
        found = [each for each in errors if each.kind in CERTAIN and completion.start <= each.start < stop]
        return min(found, key=lambda each: each.start, default=None)


def shortened(completion: Completion, error: StaticError, text: str) -> Completion | None:
    """The completion without the line of the error and what follows; None if no whole statement is left."""
    before = text[: completion.start]
    kept = completion.text[: error.start - completion.start]
    while "\n" in kept:
        kept = kept[: kept.rindex("\n")]
        if kept.strip() and is_whole(before + kept):
            return replace(completion, text=kept.rstrip())
    return None


def is_whole(text: str) -> bool:
    """Whether a statement ends where the text does: no bracket or string is open, no block only begun."""
    excerpt = excerpt_at("python", text, "")
    significant = [token for token in excerpt.tokens if token.kind not in ("newline", "comment")]
    is_open = bool(excerpt.open_tokens) or excerpt.open_literal is not None
    return not is_open and bool(significant) and significant[-1].text not in (":", "\\", ",", "=")
