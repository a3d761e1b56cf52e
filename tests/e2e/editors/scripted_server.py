"""A language server whose answers are fixed: what the tests of an editor's plugin run against.

The word before the cursor decides: ``greet`` has two suggestions, the first of two lines; ``more`` one, and
another if it is asked for by hand; ``call(`` one that reaches over the bracket behind the cursor; ``ends`` one
with the ends of lines of a DOS file; ``alone`` one; ``slow`` none until it is cancelled;
anything else none. Where ``!`` stands on the line the answer is null. How it was started and what it is asked
goes to the file that is its argument, a JSON object a line.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter

TEXTS = {
    "greet": ['_all(names, "hi")\nprint("done")', "_one(name)"],
    "call(": ["first, second)"],
    "more": ["_one()"],
    "alone": ["_all()"],
    "ends": ["_here:\r\n    return 1"],
}
ASKED = {"more": ["_one()", "_two()"]}
PAGES = {
    "status": ["Status", "", "▌ State", "  Ready."],
    "explanation": ["Explained", "", "▌ The suggestion", "  At place, behind `x`.", "", "▌ Time", "  3 ms"],
    "prompt": ["The prompt", "", "▌ Before the cursor (3 tokens)", "  │ def greet"],
}
STATUS = {
    "health": "ready",
    "message": "scripted on cpu",
    "model": "scripted",
    "device": "cpu",
    "process_id": os.getpid(),
}


class Protocol(LanguageServerProtocol):
    """Takes requests without parameters, too, and keeps the ``formattingOptions`` of the last suggestion."""

    formatting: object = None

    def structure_message(self, data: dict[str, Any]) -> Any:
        if data.get("method") == types.TEXT_DOCUMENT_INLINE_COMPLETION:
            self.formatting = data["params"].get("formattingOptions")
        return super().structure_message({"params": None, **data} if "method" in data else data)


def make_server(journal: Path) -> LanguageServer:
    server = LanguageServer(
        "holesmith", "scripted", protocol_cls=Protocol, converter_factory=default_converter
    )

    def note(**fields: object) -> None:
        with journal.open("a") as lines:
            lines.write(json.dumps(fields) + "\n")

    steering = {name: value for name, value in os.environ.items() if name.startswith("PYTHON") and value}
    note(folder=os.getcwd(), steering=steering)

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        server.protocol.notify("holesmith/status", STATUS)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def move(params: types.DidChangeWorkspaceFoldersParams) -> None:
        note(added=[folder.uri for folder in params.event.added])

    @server.feature("holesmith/status")
    def status(params: None) -> object:
        return STATUS

    @server.feature("holesmith/page")
    def page(params: Any) -> object:
        """The place that is linked to is line 3 of the document asked about."""
        lines = PAGES[params.page]
        document = getattr(params, "textDocument", None)
        note(page=params.page, about=document.uri if document else None)
        headings = [row for row, line in enumerate(lines, 1) if line.startswith("▌")]
        ends = [*(row - 2 for row in headings[1:]), len(lines)]
        folds = [
            {"first": first, "last": last, "is_open": first == headings[0]}
            for first, last in zip(headings, ends, strict=True)
        ]
        path = document.uri.removeprefix("file://") if document else ""
        link = {"row": 4, "text": "place", "path": path, "line": 3}
        return {"lines": lines, "folds": folds, "links": [link] if params.page == "explanation" else []}

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline(params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        line = server.workspace.get_text_document(params.text_document.uri).lines[params.position.line]
        before, after = line[: params.position.character], line[params.position.character :]
        formatting = cast("Protocol", server.protocol).formatting
        note(kind=int(params.context.trigger_kind), before=before, formatting=formatting)
        if before.endswith("slow"):
            try:
                await asyncio.Event().wait()
            finally:
                note(cancelled=before)
        if "!" in line:
            return None
        is_asked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        texts = {**TEXTS, **(ASKED if is_asked else {})}
        return types.InlineCompletionList(items=list(suggestions(texts, params.position, before, after)))

    return server


def suggestions(
    texts_after: Mapping[str, Sequence[str]], cursor: types.Position, before: str, after: str
) -> list[types.InlineCompletionItem]:
    """A suggestion stays the answer while a part of it has been typed."""
    stop = types.Position(cursor.line, cursor.character + after.startswith(")"))
    for word, texts in texts_after.items():
        found = re.search(re.escape(word) + r"([^\n]*)\Z", before)
        left = [text.removeprefix(found[1]) for text in texts if text.startswith(found[1])] if found else []
        if left:
            return [
                types.InlineCompletionItem(insert_text=text, range=types.Range(cursor, stop)) for text in left
            ]
    return []


if __name__ == "__main__":
    make_server(Path(sys.argv[1])).start_io()
