"""The likely text of an import: the names that the file misses, from the modules where the repository has
them.
"""

import re

from holesmith.analysis.questions import MissingNamesQuestion
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitors.imports import LIST_PENALTY
from holesmith.context.retrieval.retrieve import RetrievedContext
from holesmith.context.sources.missing_imports import begun_line
from holesmith.engine.request import Constraint

CONFIDENCE = 0.86
"""The share of imports of missing names that were right, to the end of their line
(docs/results/2026-11-26-import-lists.md). The model's own probability tells nothing of that.
"""

_IMPORT_LINE = re.compile(r"(?:from|import)\b")
_BEGUN = re.compile(r"[a-z]*\Z")


async def missing_names(context: HoleContext, deadline_ms: float) -> tuple[str, ...]:
    """Return the names that the document misses, if the hole is in an import and analysis answers in time.

    The syntax of ``context`` must be worked out.
    """
    if context.analyst is None or not is_import_place(context):
        return ()
    reply = await context.analyst.ask(MissingNamesQuestion(context.source), deadline_ms)
    return reply.answer.names if reply.answer is not None else ()


def is_import_place(context: HoleContext) -> bool:
    """True if the cursor is in an import of Python, or at the beginning of a line behind one."""
    if context.language != "python":
        return False
    above, _, line = context.prefix.rpartition("\n")
    if _BEGUN.match(line):
        return _IMPORT_LINE.match(above.rstrip().rpartition("\n")[2]) is not None
    return context.hole.kind == "import"


def preferred_imports(retrieved: RetrievedContext, prefix: str, healed_prefix: str) -> tuple[Constraint, ...]:
    """Return a preference for the import statements of the snippets that continue the line.

    Empty if no statement does, or if the line is not begun. ``healed_prefix`` is the end of ``prefix`` with
    which the generated text begins.
    """
    begun = begun_line(prefix)
    snippets = (each.snippet for each in retrieved.chosen)
    statements = [
        line for each in snippets if each.source == "missing_imports" for line in each.text.split("\n")
    ]
    texts = [
        healed_prefix + each[len(begun) :]
        for each in statements
        if begun and each.startswith(begun) and len(each) > len(begun)
    ]
    if not texts:
        return ()
    return (Constraint(texts=tuple(each.encode() for each in texts), penalty=LIST_PENALTY),)
