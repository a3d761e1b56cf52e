"""Pages for people (the explanation of the last suggestion, its prompt, the status) in the client's format.

Each page is first made as a `Document`, and each format is rendered from that: all editors say the same.
"""

import json
from urllib.parse import quote

from holesmith.completion.explanation.document import Document, Link
from holesmith.completion.explanation.explanation import TITLE, Explained, explanation, nothing_to_explain
from holesmith.completion.explanation.html import file_address, html_body
from holesmith.completion.explanation.plain_text import PlainText, plain_text
from holesmith.completion.explanation.prompt_page import TITLE as PROMPT_TITLE
from holesmith.completion.explanation.prompt_page import prompt_page
from holesmith.completion.explanation.style import STYLE
from holesmith.lsp.client.reporting import Reporting
from holesmith.lsp.features.chatlsp import ChatLsp
from holesmith.lsp.features.inline_completion import Suggestions
from holesmith.lsp.transport.messages import PageParams


class Pages:
    """The handler of ``holesmith/page``."""

    def __init__(self, suggestions: Suggestions, chatlsp: ChatLsp, reporting: Reporting) -> None:
        self._suggestions = suggestions
        self._chatlsp = chatlsp
        self._reporting = reporting

    async def page(self, params: PageParams) -> dict[str, object]:
        document = await self._document(params)
        match params.format:
            case "data":
                return document.as_json()
            case "text":
                return _text_as_json(plain_text(document))
            case "html":
                body = html_body(document, lambda link: _address(link, params.link_prefix))
                return {"title": document.title, "style": STYLE, "body": body}

    async def _document(self, params: PageParams) -> Document:
        if params.page == "status":
            return self._reporting.as_document()
        uri = params.text_document.uri if params.text_document is not None else None
        last = self._suggestions.last_suggestion(uri)
        if last is None:
            return nothing_to_explain(TITLE if params.page == "explanation" else PROMPT_TITLE)
        suggestion, snapshot = last.explanation, last.explanation.snapshot
        explained = Explained(suggestion.answer, snapshot, suggestion.uri, newer=last.newer)
        if params.page == "prompt":
            return prompt_page(explained)
        hole = await self._chatlsp.hole_of(snapshot) if snapshot is not None else None
        return explanation(Explained(suggestion.answer, snapshot, suggestion.uri, hole, last.newer))


def _text_as_json(page: PlainText) -> dict[str, object]:
    """The page as JSON. The first line is the title; rows count from 1; a link is the ``text`` in its row."""
    return {
        "lines": page.lines,
        "folds": [{"first": fold.first, "last": fold.last, "is_open": fold.is_open} for fold in page.folds],
        "links": [
            {"row": link.row, "text": link.text, "path": link.target.path, "line": link.target.line}
            for link in page.links
        ],
    }


def _address(link: Link, prefix: str) -> str:
    return f"{prefix}{quote(json.dumps([link.path, link.line]))}" if prefix else file_address(link)
