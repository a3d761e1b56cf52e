"""What an import is likely to say: what the file misses, from where the repository has it."""

import re

from holesmith.analysis.syntax.excerpt import excerpt_at
from holesmith.analysis.syntax.hole import hole_of
from holesmith.completion.monitors.imports import LIST_PENALTY
from holesmith.context.retrieval.gather import RetrievedContext
from holesmith.context.sources.missing_imports import begun_line
from holesmith.engine.request import Constraint

CONFIDENCE = 0.86
"""How often an import of what the file misses was right, to the end of its line
(docs/results/2026-11-26-import-lists.md); the
model's own probability tells nothing of that.
"""

_IMPORT_LINE = re.compile(r"(?:from|import)\b")
_BEGUN = re.compile(r"[a-z]*\Z")


def is_import_place(language: str, prefix: str, suffix: str) -> bool:
    """Whether the cursor is in an import of Python, or where a line begins behind one."""
    if language != "python":
        return False
    above, _, line = prefix.rpartition("\n")
    if _BEGUN.match(line):
        return _IMPORT_LINE.match(above.rstrip().rpartition("\n")[2]) is not None
    return hole_of(excerpt_at("python", prefix, suffix)).kind == "import"


def preferred_imports(gathered: RetrievedContext, prefix: str, required: str) -> tuple[Constraint, ...]:
    """The statements among the snippets that go on as the line has begun; none where it has not.

    ``required`` is the end of ``prefix`` with which the generated text begins.
    """
    begun = begun_line(prefix)
    snippets = (each.snippet for each in gathered.chosen)
    statements = [
        line for each in snippets if each.source == "missing_imports" for line in each.text.split("\n")
    ]
    texts = [
        required + each[len(begun) :]
        for each in statements
        if begun and each.startswith(begun) and len(each) > len(begun)
    ]
    if not texts:
        return ()
    return (Constraint(texts=tuple(each.encode() for each in texts), penalty=LIST_PENALTY),)
