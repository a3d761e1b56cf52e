"""The context of one request's hole: the document, the text around the cursor, its syntax, its analyst.

The pipeline makes one `HoleContext` a request and hands it to every part, so that the text around the cursor
is cut and lexed once. With the document `return f(a, b)` and the cursor before `b`, ``prefix`` is `return
f(a, `, ``suffix`` is `b)`, and ``hole`` is argument 1 of `f`.
"""

from dataclasses import dataclass
from functools import cached_property

from holesmith.analysis.client import Analyst
from holesmith.analysis.questions import Source
from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at
from holesmith.analysis.syntax.hole import Hole, hole_of
from holesmith.completion.monitors.document import Document
from holesmith.completion.snapshot import Snapshot


@dataclass(frozen=True)
class HoleContext:
    """The document around one hole, with its syntax.

    ``analyst`` is the static analysis of the document's workspace; None if nobody is to be asked. ``excerpt``
    and ``hole`` are worked out when they are first read. That takes milliseconds in a long file, so the first
    reader must not be on the event loop: `work_out_syntax` is called in a thread before.
    """

    snapshot: Snapshot
    analyst: Analyst | None = None

    @property
    def language(self) -> str:
        return self.snapshot.language

    @cached_property
    def prefix(self) -> str:
        """The text before the hole, as `Snapshot.prefix` defines it."""
        return self.snapshot.prefix

    @cached_property
    def suffix(self) -> str:
        """The text after the hole, as `Snapshot.suffix` defines it."""
        return self.snapshot.suffix

    @cached_property
    def excerpt(self) -> Excerpt:
        """The tokens around the hole, and the brackets and literals that are open there."""
        return excerpt_at(self.language, self.prefix, self.suffix)

    @cached_property
    def hole(self) -> Hole:
        """The construct that the hole is in."""
        return hole_of(self.excerpt)

    @cached_property
    def source(self) -> Source:
        """The document for questions to the analyst; the hole is at the end of ``prefix``."""
        return Source(self.snapshot.file_path, self.prefix + self.suffix)

    @property
    def offset(self) -> int:
        """The offset of the hole in ``source``."""
        return len(self.prefix)

    def work_out_syntax(self) -> None:
        """Lex the text around the hole. Blocks for milliseconds in a long file."""
        _ = self.hole

    def document(self, healed_prefix: str) -> Document:
        """Return the document around the text to be generated, which begins with ``healed_prefix``."""
        before = self.prefix.removesuffix(healed_prefix)
        lexed = None if healed_prefix else self.excerpt
        return Document(self.snapshot.file_path, self.language, before, self.suffix, lexed)
