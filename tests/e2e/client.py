"""pytest-lsp's client, which we did not write, around a server process; and how to ask it for completions."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient
from pytest_lsp.client import make_test_lsp_client

FAKE_SERVER = (sys.executable, "-P", str(Path(__file__).parents[1] / "fakes_service.py"))
REAL_SERVER = (str(Path(sys.executable).with_name("holesmith")), "lsp")
URI = "file:///shop/a.py"
WAIT_SECONDS = 60


def capabilities(
    encodings: tuple[str, ...] = ("utf-16",), *, configuration: bool = False, progress: bool = True
) -> types.ClientCapabilities:
    """Built by hand: no recorded client of pytest-lsp has inline completion."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings),
        workspace=types.WorkspaceClientCapabilities(configuration=configuration, workspace_folders=True),
        text_document=types.TextDocumentClientCapabilities(
            inline_completion=types.InlineCompletionClientCapabilities(),
            completion=types.CompletionClientCapabilities(
                completion_item=types.ClientCompletionItemOptions(
                    snippet_support=False, label_details_support=True
                )
            ),
        ),
        window=types.WindowClientCapabilities(work_done_progress=progress),
    )


@dataclass
class Session:
    """A client whose server is initialized, and what the server has said about its status."""

    client: LanguageClient
    result: types.InitializeResult
    statuses: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    version: int = 1

    def open(self, text: str, uri: str = URI, language: str = "python") -> None:
        document = types.TextDocumentItem(uri=uri, language_id=language, version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    def open_notebook(self, uri: str, cells: Mapping[str, str]) -> None:
        """``cells`` are the texts by URI, in their order."""
        items = [types.TextDocumentItem(cell, "python", 1, text) for cell, text in cells.items()]
        order = [types.NotebookCell(types.NotebookCellKind.Code, cell) for cell in cells]
        notebook = types.NotebookDocument(uri, "jupyter-notebook", 1, order)
        self.client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, items))

    def edit(self, start: tuple[int, int], stop: tuple[int, int], text: str, uri: str = URI) -> None:
        self.version += 1
        span = types.Range(types.Position(*start), types.Position(*stop))
        change = types.TextDocumentContentChangePartial(range=span, text=text)
        document = types.VersionedTextDocumentIdentifier(uri=uri, version=self.version)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def edit_cell(
        self, notebook: str, cell: str, start: tuple[int, int], stop: tuple[int, int], text: str
    ) -> None:
        span = types.Range(types.Position(*start), types.Position(*stop))
        change = types.TextDocumentContentChangePartial(range=span, text=text)
        edited = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(uri=cell, version=2), [change]
        )
        cells = types.NotebookDocumentCellChanges(text_content=[edited])
        params = types.DidChangeNotebookDocumentParams(
            types.VersionedNotebookDocumentIdentifier(2, notebook),
            types.NotebookDocumentChangeEvent(cells=cells),
        )
        self.client.notebook_document_did_change(params)

    def ask_inline(
        self,
        line: int,
        column: int,
        uri: str = URI,
        *,
        invoked: bool = False,
        selected: types.SelectedCompletionInfo | None = None,
        number: str | None = None,
    ) -> "asyncio.Task[types.InlineCompletionList | None]":
        kinds = types.InlineCompletionTriggerKind
        params = types.InlineCompletionParams(
            context=types.InlineCompletionContext(
                kinds.Invoked if invoked else kinds.Automatic, selected_completion_info=selected
            ),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, column),
        )
        method = types.TEXT_DOCUMENT_INLINE_COMPLETION
        return asyncio.ensure_future(self.client.protocol.send_request_async(method, params, number))

    async def inline(
        self, line: int, column: int, uri: str = URI, **details: Any
    ) -> types.InlineCompletionItem:
        """The one item that is suggested."""
        answer = await asyncio.wait_for(self.ask_inline(line, column, uri, **details), WAIT_SECONDS)
        assert answer is not None
        (item,) = answer.items
        return item

    async def menu(self, line: int, column: int, uri: str = URI) -> types.CompletionList:
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(line, column))
        answer = await asyncio.wait_for(self.client.text_document_completion_async(params), WAIT_SECONDS)
        assert isinstance(answer, types.CompletionList)
        return answer

    async def request(self, method: str, params: object = None) -> Any:
        """A request of our own; the answer as plain JSON."""
        answer = await asyncio.wait_for(self.client.protocol.send_request_async(method, params), WAIT_SECONDS)
        return _plain(answer)

    async def explain(self, line: int | None = None, column: int = 0, uri: str = URI) -> Any:
        if line is None:
            return await self.request("holesmith/explain")
        position = {"line": line, "character": column}
        return await self.request("holesmith/explain", {"textDocument": {"uri": uri}, "position": position})

    async def asked(self) -> dict[str, Any]:
        """What the fake service was asked last."""
        explanation = await self.explain()
        return json.loads(explanation["generated"])

    async def status_with(self, **wanted: object) -> dict[str, Any]:
        """The next status notification that has these values."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                status = await self.statuses.get()
                if all(status[name] == value for name, value in wanted.items()):
                    return status


@asynccontextmanager
async def session(
    settings: Mapping[str, object] | None = None,
    *,
    command: tuple[str, ...] = FAKE_SERVER,
    offers: types.ClientCapabilities | None = None,
    folders: tuple[str, ...] = (),
    configuration: Mapping[str, object] | None = None,
    ready: bool = True,
) -> AsyncGenerator[Session]:
    """Shut down in order at the end. ``configuration`` is what the client answers when asked."""
    client = make_test_lsp_client()
    statuses: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def on_status(params: Any) -> None:
        statuses.put_nowait(_plain(params))

    client.feature("holesmith/status")(on_status)

    if configuration is not None:
        client.set_configuration(dict(configuration))
    await client.start_io(*command, cwd="/", env=dict(os.environ))
    params = types.InitializeParams(
        capabilities=offers or capabilities(configuration=configuration is not None),
        workspace_folders=[types.WorkspaceFolder(uri=uri, name=uri) for uri in folders],
        initialization_options=settings,
    )
    result = await client.initialize_session(params)
    opened = Session(client, result, statuses)
    if ready:
        await opened.status_with(health="ready")
    try:
        yield opened
    finally:
        await client.shutdown_session()
        await client.stop()


def _plain(value: Any) -> Any:
    """pygls makes named tuples of JSON whose type it does not know."""
    if hasattr(value, "_asdict"):
        return {name: _plain(entry) for name, entry in value._asdict().items()}
    return [_plain(entry) for entry in value] if isinstance(value, list) else value
