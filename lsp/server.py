"""The language server: the server of pygls with our documents, settings, reports and suggestions.

The event loop never computes: the completion service loads and runs models. A conversation ends with
``exit``, when the client's stream ends, or when the process that started the server is gone.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.lsp.client.configuration import Configuration
from holesmith.lsp.client.reporting import Reporting
from holesmith.lsp.completion_service import StartService
from holesmith.lsp.documents.documents import Documents, RejectedDocument
from holesmith.lsp.documents.positions import encoding_named
from holesmith.lsp.documents.uris import path_of
from holesmith.lsp.features import file_events
from holesmith.lsp.features.chatlsp import ChatLsp
from holesmith.lsp.features.inline_completion import Suggestions
from holesmith.lsp.features.pages import Pages
from holesmith.lsp.last_resort import end_process_soon
from holesmith.lsp.session import Session
from holesmith.lsp.settings import Settings
from holesmith.lsp.transport.log import ClientLog
from holesmith.lsp.transport.messages import ErrorReportParams, InlineParams, PageParams, make_converter
from holesmith.lsp.transport.parent_process import watch
from holesmith.lsp.transport.protocol import Protocol
from holesmith.system.memory import release_free_memory
from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException, JsonRpcParseError
from pygls.lsp.server import LanguageServer

_RELEASE_SECONDS = 1.0
_CLOSE_SECONDS = 2.0
# A client that never answers must not keep the model from being loaded.
_CLIENT_SECONDS = 5.0

_logger = logging.getLogger(__name__)


class Server(LanguageServer):
    """The server of one client.

    ``watches_parent``: end when the client's process ends; False if the client may run on another machine.
    ``token``: the client must send it in ``initialize``; None asks for no token.
    """

    protocol: Protocol  # pyright: ignore[reportIncompatibleVariableOverride]  # it is what protocol_cls says

    def __init__(
        self,
        start_service: StartService,
        analyses: Workspaces,
        *,
        watches_parent: bool,
        token: str | None = None,
    ) -> None:
        super().__init__(
            "holesmith",
            version("holesmith"),
            notebook_document_sync=types.NotebookDocumentSyncOptions(
                [types.NotebookDocumentFilterWithNotebook(notebook="*")]
            ),
            protocol_cls=Protocol,
            converter_factory=make_converter,
        )
        self._start_service = start_service
        self._watches_parent = watches_parent
        self._started = False
        self._releases_memory = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._client_log = ClientLog(self)
        self.ended = asyncio.Event()
        self.protocol.token, self.protocol.on_refusal = token, self.ended.set
        self._loop = asyncio.get_running_loop()
        self.reporting = Reporting(self)
        self.session = Session(Documents("utf-16", Settings().limits), Settings())
        self.configuration = Configuration(self, self.reporting, self.session)
        register_life(self)
        register_documents(self)
        register_notebooks(self)
        register_files(self)
        suggestions = Suggestions(self.session)
        self.chatlsp = ChatLsp(self.session, analyses)
        self.pages = Pages(suggestions, self.chatlsp, self.reporting)
        register_requests(self, suggestions)
        register_chatlsp(self)

    def report_server_error(self, error: BaseException, source: Any) -> None:
        """Report an error (a hook of pygls). ``source`` is `JsonRpcException` for a body that is not JSON."""
        if source is JsonRpcException:
            self.protocol.send_error(None, JsonRpcParseError(f"not JSON: {error}"))
        elif not isinstance(error, JsonRpcException) or error.code == JsonRpcException.CODE:
            _logger.error("a handler failed: %s", error)
            _logger.debug("where: %s", getattr(error, "data", None), exc_info=error)
            self.reporting.show_failure(error)

    def run_in_background(self, work: Coroutine[Any, Any, None], *, loads: bool = False) -> None:
        """Start work that no request waits for, and report its failure. ``loads``: it may load a model."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(partial(self._finish_background, loads))

    def begin(self, params: types.InitializeParams) -> None:
        """Handle ``initialize``; pygls has negotiated the position encoding before."""
        encoding = encoding_named(self.workspace.position_encoding)
        self.session.documents = Documents(encoding, Settings().limits)
        folders = [folder.uri for folder in params.workspace_folders or ()]
        self.session.folders = _paths(folders or [params.root_uri or ""])
        self._client_log.attach()
        if get_capability(params.capabilities, "window.work_done_progress"):
            self.reporting.allow_progress()
        self.configuration.begin(params.initialization_options)
        if self._watches_parent and (parent := params.process_id) is not None:
            watch(parent, lambda: self.end_from_thread(f"the client's process {parent} is gone"))

    def start_once(self) -> None:
        """Handle ``initialized``; a second one has no effect."""
        if not self._started:
            self._started = True
            self.run_in_background(self._start(), loads=True)

    async def _start(self) -> None:
        """Take the settings and load the model."""
        self.reporting.open()
        await self.configuration.start()
        service = self._start_service(self.session.settings.options, self.reporting.show_status)
        self.session.service = service
        for uri in self.session.documents.uris():
            self._get_ready_for(uri)
        await self._watch_files()
        await service.load()

    async def _watch_files(self) -> None:
        """Ask the client to report changes of files, if it can."""
        can = "workspace.did_change_watched_files.dynamic_registration"
        if not get_capability(self.client_capabilities, can):
            return
        everything = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
        registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, everything)
        with contextlib.suppress(JsonRpcException, TimeoutError):
            params = types.RegistrationParams([registration])
            await asyncio.wait_for(self.client_register_capability_async(params), _CLIENT_SECONDS)

    async def stop(self) -> None:
        """Stop all work. Work that does not stop soon ends with the process."""
        for task in self._tasks:
            task.cancel()
        if self.session.service is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.session.service.close(), _CLOSE_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.chatlsp.close(), _CLOSE_SECONDS)
        self._client_log.detach()

    def open(self, params: types.DidOpenTextDocumentParams) -> None:
        opened = self.session.documents.open(params.text_document)
        if isinstance(opened, RejectedDocument):
            _logger.warning("%s is not completed: %s", opened.uri, opened.reason)
        self._get_ready_for(params.text_document.uri)

    def _get_ready_for(self, uri: str) -> None:
        """Let the service index and analyse the workspace of a document in the background."""
        self._get_ready(file_events.opened(self.session, uri))

    def open_notebook(self, params: types.DidOpenNotebookDocumentParams) -> None:
        self.session.notebooks.open(params, self.session.documents)
        self._get_ready(file_events.opened_notebook(self.session, params))

    def _get_ready(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None and self.session.service is not None:
            self.run_in_background(self.session.service.open(snapshot))

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        before = self.session.documents.get(document.uri)
        after = self.session.documents.change(document.uri, document.version, tuple(params.content_changes))
        if after is None:
            _logger.warning("a change to %s, which is not open, was ignored", document.uri)
        elif isinstance(after, RejectedDocument) and after is not before:
            _logger.warning("%s is no longer completed: %s", after.uri, after.reason)
        file_events.notify_edited(self.session, document.uri)

    def close_document(self, params: types.DidCloseTextDocumentParams) -> None:
        self.session.documents.close(params.text_document.uri)
        if not self._releases_memory:
            self._releases_memory = True
            self.run_in_background(self._release_memory())

    async def _release_memory(self) -> None:
        """Release free memory after a moment, so that documents closed together cost this only once."""
        await asyncio.sleep(_RELEASE_SECONDS)
        await asyncio.to_thread(release_free_memory)
        self._releases_memory = False

    def change_notebook(self, params: types.DidChangeNotebookDocumentParams) -> None:
        if not self.session.notebooks.change(params, self.session.documents):
            _logger.warning("a change to %s, which is not open, was ignored", params.notebook_document.uri)
        cells = params.change.cells
        for edited in cells.text_content or () if cells is not None else ():
            file_events.notify_edited(self.session, edited.document.uri)

    def move(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = _paths([folder.uri for folder in params.event.removed])
        added = _paths([folder.uri for folder in params.event.added])
        kept = tuple(folder for folder in self.session.folders if folder not in {*removed, *added})
        self.session.folders = (*kept, *added)

    def end_from_thread(self, reason: str) -> None:
        """End the conversation soon, whatever the event loop is doing. Call it from any thread."""
        end_process_soon()

        def end() -> None:
            _logger.warning("ending: %s", reason)
            self.ended.set()

        with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended already
            self._loop.call_soon_threadsafe(end)

    def _finish_background(self, loads: bool, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.report_server_error(error, None)
            if loads:
                self.reporting.end_loading()


def register_life(server: Server) -> None:
    """Register the handlers of the life cycle, from ``initialize`` to ``exit``, and of the configuration."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.begin(params)

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        server.start_once()

    @server.feature(types.EXIT)
    def leave(params: None) -> None:
        server.ended.set()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configure(params: types.DidChangeConfigurationParams) -> None:
        server.run_in_background(server.configuration.refresh(params.settings), loads=True)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def move(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.move(params)


def register_documents(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def open_document(params: types.DidOpenTextDocumentParams) -> None:
        server.open(params)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def change_document(params: types.DidChangeTextDocumentParams) -> None:
        server.change(params)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def close_document(params: types.DidCloseTextDocumentParams) -> None:
        server.close_document(params)


def register_notebooks(server: Server) -> None:
    session = server.session

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def open_notebook(params: types.DidOpenNotebookDocumentParams) -> None:
        server.open_notebook(params)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def change_notebook(params: types.DidChangeNotebookDocumentParams) -> None:
        server.change_notebook(params)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def close_notebook(params: types.DidCloseNotebookDocumentParams) -> None:
        session.notebooks.close(params, session.documents)


def register_files(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def save(params: types.DidSaveTextDocumentParams) -> None:
        file_events.notify_files_changed(server.session, [params.text_document.uri])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def change_files(params: types.DidChangeWatchedFilesParams) -> None:
        file_events.notify_files_changed(server.session, [change.uri for change in params.changes])


def register_requests(server: Server, suggestions: Suggestions) -> None:
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline(params: InlineParams) -> types.InlineCompletionList | None:
        return await suggestions.inline(params)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["."]))
    async def menu(params: types.CompletionParams) -> types.CompletionList | None:
        return await suggestions.menu(params)

    @server.feature("holesmith/status")
    def status(params: None) -> dict[str, object]:
        return server.reporting.as_json()

    @server.feature("holesmith/explain")
    async def explain(params: types.TextDocumentPositionParams | None) -> dict[str, object] | None:
        explanation = await suggestions.explain(params)
        if explanation is None:
            return None
        place = params or types.TextDocumentPositionParams(
            types.TextDocumentIdentifier(explanation.uri), explanation.position
        )
        return {**explanation.as_json(), "hole": await server.chatlsp.hole(place)}

    @server.feature("holesmith/page")
    async def page(params: PageParams) -> dict[str, object]:
        return await server.pages.page(params)


def register_chatlsp(server: Server) -> None:
    chatlsp = server.chatlsp

    @server.feature("chatlsp/expectedType")
    async def expected_type(params: types.TextDocumentPositionParams) -> dict[str, object]:
        return await chatlsp.expected_type(params)

    @server.feature("chatlsp/relevantTypes")
    async def relevant_types(params: types.TextDocumentPositionParams) -> dict[str, object]:
        return await chatlsp.relevant_types(params)

    @server.feature("chatlsp/relevantHeaders")
    async def relevant_headers(params: types.TextDocumentPositionParams) -> dict[str, object]:
        return await chatlsp.relevant_headers(params)

    @server.feature("chatlsp/errorReport")
    async def error_report(params: ErrorReportParams) -> dict[str, object]:
        return await chatlsp.error_report(params)

    @server.feature("chatlsp/aiTutorial")
    def ai_tutorial(params: None) -> dict[str, object]:
        return chatlsp.ai_tutorial()


def _paths(uris: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for uri in uris if (path := path_of(uri)) is not None)
