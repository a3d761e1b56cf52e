"""Decide where no completion is offered, and say why: before any work is done."""

import re

from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.completion.answer import Completion
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.options import Options
from holesmith.completion.postprocess.shaping import TRAILING
from holesmith.completion.secret_documents import is_withheld
from holesmith.completion.snapshot import Snapshot

# In longer documents and lines, the work would take too long: a guess.
CHARACTERS_MAX = 5_000_000
LINE_CHARACTERS_MAX = 5_000
IN_WORD = re.compile(r"\w\|\w")
AFTER_DELETION = "text was just taken away"


def refusal_of(context: HoleContext, options: Options) -> str | None:
    """Return one line that says why there will be no completion here, or None if there may be one.

    A completion asked for by hand is refused only where it would be wrong, not where it might be a nuisance.
    The document is lexed only when nothing simpler refuses it. Lexing blocks: not for the event loop.
    """
    snapshot = context.snapshot
    if is_withheld(snapshot):
        return "files that hold secrets are never completed"
    if len(snapshot.text) > CHARACTERS_MAX:
        return f"the document has more than {CHARACTERS_MAX:,} characters"
    if "\0" in snapshot.text:
        return "the document is binary"
    if line_length(snapshot) > LINE_CHARACTERS_MAX:
        return f"the line has more than {LINE_CHARACTERS_MAX:,} characters"
    return None if snapshot.invoked else suppression_reason_of(context, options)


def suppression_reason_of(context: HoleContext, options: Options) -> str | None:
    """Return the reason why a completion that was not asked for by hand might be a nuisance; None if it is
    none.
    """
    if context.snapshot.after_deletion:
        return AFTER_DELETION
    if IN_WORD.search(context.prefix[-1:] + "|" + context.suffix[:1]):
        return "the cursor is in the middle of a word"
    if not options.in_comments and is_in_comment(context):
        return "the cursor is in a comment"
    return None


def is_in_comment(context: HoleContext) -> bool:
    """True in a comment; without a lexer for the language, on a line that is nothing but a comment."""
    kind = context.hole.kind
    line = context.prefix[context.prefix.rfind("\n") + 1 :].lstrip()
    mark = rules_of(context.language).line_comment
    return kind == "comment" or (kind == "unknown" and line.startswith(mark))


def line_length(snapshot: Snapshot) -> int:
    """Return the number of characters of the cursor's line."""
    start = snapshot.text.rfind("\n", 0, snapshot.offset) + 1
    stop = snapshot.text.find("\n", snapshot.offset)
    return (len(snapshot.text) if stop < 0 else stop) - start


def objection_to(completion: Completion, snapshot: Snapshot, options: Options) -> str | None:
    """Return the reason why a finished completion is not worth showing while the
    user types; None if it is.
    """
    if snapshot.invoked:
        return None
    if TRAILING.issuperset("".join(completion.text.split())):
        return "only closing marks would be inserted"
    if completion.confidence < options.confidence_min:
        return f"the model is not sure enough: {completion.confidence:.2f} of {options.confidence_min:.2f}"
    return None
