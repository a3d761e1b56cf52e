"""Render a document as plain text: for a terminal, and with folds and links for an editor's window."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from holesmith.completion.explanation.document import (
    Bar,
    Bars,
    Block,
    Code,
    Document,
    Link,
    Paragraph,
    Section,
    Span,
    Table,
)

# Columns of the longest bar.
INDENT = "  "
CODE_MARK = "│ "
BAR_COLUMNS = 30


@dataclass(frozen=True, slots=True)
class LineLink:
    """A link: ``text`` on line ``row`` (from 1) leads to a place in a file."""

    row: int
    text: str
    target: Link


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines of a section, from 1 and inclusive; the first one is its heading."""

    first: int
    last: int
    is_open: bool


@dataclass(slots=True)
class PlainText:
    """The lines of a page, with the lines that fold and the texts that are links."""

    lines: list[str] = field(default_factory=list[str])
    folds: list[Fold] = field(default_factory=list[Fold])
    links: list[LineLink] = field(default_factory=list[LineLink])


def plain_text(document: Document, columns: int | None = None) -> PlainText:
    """Render the document; paragraphs are wrapped at ``columns``, or not at all if that is None."""
    page = PlainText([document.title])
    for section in document.sections:
        page.lines.append("")
        first = len(page.lines) + 1
        page.lines.append(f"▌ {section.title}")
        for line in _lines_of(section, columns, page):
            page.lines.append(f"{INDENT}{line}".rstrip())
        page.folds.append(Fold(first, len(page.lines), section.is_open))
    return page


def _lines_of(section: Section, columns: int | None, page: PlainText) -> Iterator[str]:
    """Yield the lines of a section, to be added to the page one by one, so that links know their row."""
    for at, block in enumerate(section.blocks):
        if at and not (isinstance(block, Paragraph) and isinstance(section.blocks[at - 1], Paragraph)):
            yield ""
        yield from _drawn(block, columns, page)


def _drawn(block: Block, columns: int | None, page: PlainText) -> Iterator[str]:
    match block:
        case Paragraph(spans=spans):
            _note_links(spans, page)
            yield from _wrapped("".join(_shown(span) for span in spans), columns)
        case Code(text=text):
            yield from (f"{CODE_MARK}{line}" for line in text.split("\n"))
        case Table():
            yield from _table(block, page)
        case Bars(bars=bars):
            yield from _bars(bars)


def _wrapped(line: str, columns: int | None) -> list[str]:
    if columns is None:
        return [line]
    width = max(20, columns - len(INDENT))
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


def _shown(span: Span) -> str:
    return f"`{span.text}`" if span.kind == "code" else span.text


def _note_links(spans: Sequence[Span], page: PlainText) -> None:
    row = len(page.lines) + 1
    page.links += [LineLink(row, span.text, span.link) for span in spans if span.link is not None]


def _table(table: Table, page: PlainText) -> Iterator[str]:
    cells = [list(table.heads), *([span.text for span in row] for row in table.rows)]
    widths = [max(width_of(row[column]) for row in cells) for column in range(len(table.heads))]
    for at, row in enumerate(cells):
        if at:
            _note_links(table.rows[at - 1], page)
        padded = [
            _padded(cell, width, right=column in table.numbers)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(padded).rstrip()


def _padded(cell: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - width_of(cell))
    return blanks + cell if right else cell + blanks


def _bars(bars: Sequence[Bar]) -> Iterator[str]:
    labels = max((width_of(bar.label) for bar in bars), default=0)
    values = max((width_of(bar.value) for bar in bars), default=0)
    for bar in bars:
        filled = round(BAR_COLUMNS * bar.share)
        drawn = "█" * filled if filled or not bar.share else "▏"
        label = _padded(bar.label, labels, right=False)
        yield f"{label}  {_padded(bar.value, values, right=True)}  {drawn}"


def width_of(line: str) -> int:
    """Return the number of columns of a terminal that the text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    combining = sum(unicodedata.combining(character) != 0 for character in line)
    return len(line) + wide - combining
