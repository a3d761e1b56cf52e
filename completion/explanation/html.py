"""Render a document as HTML without a script: a page of its own, or a body for an editor's web view.

Nothing in a document is ever markup: every text goes through `html.escape`, and links are made only here.
"""

from collections.abc import Callable
from html import escape
from pathlib import Path

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
    SpanKind,
    Table,
    on_one_line,
)
from holesmith.completion.explanation.style import STYLE

_ELEMENTS: dict[SpanKind, str] = {
    "text": "span",
    "code": "code",
    "strong": "strong",
    "weak": "small",
    "good": "span",
    "bad": "span",
}

Address = Callable[[Link], str]


def file_address(link: Link) -> str:
    """Return the address for a browser, which opens the file but knows no lines.

    "" for a path that no URI can have.
    """
    try:
        return Path(link.path).as_uri()
    except ValueError:  # half of a surrogate pair
        return ""


def html_page(document: Document) -> str:
    """Return the whole page. It loads nothing, runs nothing and follows the reader's
    choice of light or dark.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(document.title)}</title>\n<style>{STYLE}</style></head>\n"
        f"<body>{html_body(document, file_address)}</body></html>\n"
    )


def html_body(document: Document, address: Address) -> str:
    """Return the contents of the page's body; ``address`` returns the target of a link, "" for no target."""
    sections = "\n".join(_section(section, address) for section in document.sections)
    return f"<main><h1>{escape(document.title)}</h1>\n{sections}</main>"


def _section(section: Section, address: Address) -> str:
    blocks = "\n".join(_block(block, address) for block in section.blocks)
    is_open = " open" if section.is_open else ""
    return f"<details{is_open}><summary><h2>{escape(section.title)}</h2></summary>\n{blocks}</details>"


def _block(block: Block, address: Address) -> str:
    match block:
        case Paragraph(spans=spans):
            return f"<p>{''.join(_span(span, address) for span in spans)}</p>"
        case Code(text=text):
            return f"<pre>{escape(text)}</pre>"
        case Table():
            return _table(block, address)
        case Bars(bars=bars):
            return f"<table class='bars'>{''.join(map(_bar, bars))}</table>"


def _span(span: Span, address: Address) -> str:
    element = _ELEMENTS[span.kind]
    drawn = (
        escape(span.text)
        if span.kind == "text"
        else f"<{element} class='{span.kind}'>{escape(span.text)}</{element}>"
    )
    target = "" if span.link is None else address(span.link)
    if span.link is None or not target:
        return drawn
    place = on_one_line(f"{span.link.path}:{span.link.line}")
    return f'<a href="{escape(target)}" title="{escape(place)}">{drawn}</a>'


def _table(table: Table, address: Address) -> str:
    heads = "".join(f"<th{_aligned(table, at)}>{escape(head)}</th>" for at, head in enumerate(table.heads))
    rows = "".join(
        "<tr>"
        + "".join(f"<td{_aligned(table, at)}>{_span(cell, address)}</td>" for at, cell in enumerate(row))
        + "</tr>"
        for row in table.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _aligned(table: Table, column: int) -> str:
    return " class='number'" if column in table.numbers else ""


def _bar(bar: Bar) -> str:
    """Return a bar. Its width is an attribute of SVG, not a style: web views allow no style in an element."""
    width = round(100 * min(max(bar.share, 0.0), 1.0), 1)
    drawn = f"<svg role='img' aria-label='{width} %'><rect width='{width}%' height='100%'/></svg>"
    return f"<tr><th>{escape(bar.label)}</th><td class='number'>{escape(bar.value)}</td><td>{drawn}</td></tr>"
