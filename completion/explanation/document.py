"""A document for people as plain data, without its looks.

Every text is made visible when its part is made: no hidden character of a workspace or a model is left in it.
The code that renders a document escapes only characters with a meaning in its own form, such as HTML.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

from holesmith.completion.visible_text import visible

SpanKind = Literal["text", "code", "strong", "weak", "good", "bad"]


def on_one_line(text: str) -> str:
    """Return the text made visible; a line break is shown as an arrow, a tab as a space."""
    return visible(text.replace("\r\n", "\n").replace("\n", "↵").replace("\t", " "))


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a file: an absolute path, and a line from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line."""

    text: str
    kind: SpanKind = "text"
    link: Link | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", on_one_line(self.text))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of spans that is wrapped at the width of the page."""

    spans: tuple[Span, ...]
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to be shown unchanged, in a font of one width. Empty lines at the end are left out."""

    text: str
    kind: Literal["code"] = "code"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", visible(self.text.replace("\r\n", "\n")).rstrip("\n"))


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Every row has as many cells as there are ``heads``; columns of ``numbers`` are aligned to the
    right.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Span, ...], ...]
    numbers: tuple[int, ...] = ()
    kind: Literal["table"] = "table"

    def __post_init__(self) -> None:
        object.__setattr__(self, "heads", tuple(map(on_one_line, self.heads)))


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: ``share`` of the whole, from 0 to 1; ``value`` says in words how much that is."""

    label: str
    value: str
    share: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", on_one_line(self.label))
        object.__setattr__(self, "value", on_one_line(self.value))


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars below each other, all against the same whole."""

    bars: tuple[Bar, ...]
    kind: Literal["bars"] = "bars"


Block = Paragraph | Code | Table | Bars


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document with a title. ``is_open``: shown at first; otherwise a
    click or a key opens it.
    """

    title: str
    blocks: tuple[Block, ...]
    is_open: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", on_one_line(self.title))


@dataclass(frozen=True, slots=True)
class Document:
    """A title and its sections."""

    title: str
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", on_one_line(self.title))

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def spans(self) -> Iterator[Span]:
        """Yield all pieces of lines, in order."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    yield from block.spans
                elif isinstance(block, Table):
                    yield from (cell for row in block.rows for cell in row)


def with_sections(document: Document, *more: Section) -> Document:
    """Return the document with more sections at its end."""
    return replace(document, sections=(*document.sections, *more))


def code(words: str) -> Span:
    return Span(words, "code")


def paragraph(*spans: Span | str) -> Paragraph:
    """Return a paragraph; a plain string becomes a span of plain text."""
    return Paragraph(tuple(Span(span) if isinstance(span, str) else span for span in spans))
