"""Context for completions: the index, the session and the history of each workspace in use.

Invariants: nothing here fails a completion, and without an index there is no context; at most
``WORKSPACES_MAX`` workspaces are indexed, and the one unused for longest is closed first; a folder too
general to be a project, such as the user's home, is never indexed.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from holesmith.completion.answer import SnippetUse
from holesmith.completion.hole_context import HoleContext
from holesmith.context.history import History
from holesmith.context.index.location import database_of
from holesmith.context.index.process.background import BackgroundIndexer, Event
from holesmith.context.index.reader import Index
from holesmith.context.prompt.budget import ReadingSpeed, budget_of
from holesmith.context.prompt.tokenizer import Tokenizer
from holesmith.context.request import ContextRequest, Fact, Revision
from holesmith.context.retrieval.deadline import deadline_after
from holesmith.context.retrieval.retrieve import DEFAULT_CHOICE, Choice, ContextQuery, RetrievedContext
from holesmith.context.retrieval.session import ContextSession
from holesmith.context.revision import read_revision
from holesmith.context.snippet import Snippet
from holesmith.system.private_files import NoPrivateFolderError

# Workspaces whose indexes are kept up to date: each has a process of its own.
WORKSPACES_MAX = 4
# Milliseconds from the start of a request, of processor time and by the clock; snippets found by then are
# used.
RETRIEVAL_MS_MAX = 120.0
RETRIEVAL_CLOCK_MS_MAX = 400.0
# Snippets left out that an explanation lists.
DROPPED_SHOWN_MAX = 12
# Seconds for which a revision is used before it is read again.
REVISION_AGE_S_MAX = 60.0


@dataclass(slots=True)
class Workspace:
    """The parts of one indexed folder."""

    root: Path
    index: Index
    session: ContextSession
    history: History
    indexer: BackgroundIndexer
    revision: Revision
    revision_read_s: float = float("-inf")


class Retrieval:
    """Retrieve context from the indexes of several workspaces. One per service; thread-safe."""

    def __init__(self, choice: Choice = DEFAULT_CHOICE) -> None:
        self._choice = choice
        self._on_event: Callable[[str, Event], None] = lambda folder, event: None
        self._workspaces: OrderedDict[str, Workspace] = OrderedDict()
        self._speed = ReadingSpeed()
        self._lock = threading.Lock()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders indexed now, the one used last at the end."""
        with self._lock:
            return tuple(self._workspaces)

    def listen(self, on_event: Callable[[str, Event], None]) -> None:
        """Call ``on_event`` with each folder and event of its indexer from now on, on some thread."""
        self._on_event = on_event

    def open(self, folder: str, focus: Iterable[str] = ()) -> None:
        """Begin to index a folder, if that has not begun; first around ``focus``, absolute paths in it."""
        self._workspace(folder, focus)

    def retrieve(
        self,
        context: HoleContext,
        tokenizer: Tokenizer,
        prompt_tokens_max: int,
        facts: tuple[Fact, ...] | None = None,
        sources: frozenset[str] | None = None,
        missing: tuple[str, ...] = (),
    ) -> RetrievedContext:
        """Return the snippets for one request. ``missing`` is as in `ContextRequest`.

        Only ``sources`` are asked, unless they are None. Blocks: not for the event loop.
        """
        snapshot = context.snapshot
        deadline = deadline_after(RETRIEVAL_MS_MAX, RETRIEVAL_CLOCK_MS_MAX)
        workspace = self._workspace(snapshot.workspace, (snapshot.path,)) if snapshot.workspace else None
        path = relative(snapshot.workspace, snapshot.path)
        if workspace is None or path is None:
            return RetrievedContext()
        with self._lock:
            workspace.history.note(path, snapshot.text)
            edits, visited = workspace.history.edits, workspace.history.visited
            texts_seen = workspace.history.texts
            budget = budget_of(prompt_tokens_max, self._speed)
        choice = self._choice if sources is None else replace(self._choice, sources=sources)
        request = ContextRequest(
            root=workspace.root,
            path=path,
            language=snapshot.language,
            prefix=context.prefix,
            suffix=context.suffix,
            facts=facts,
            missing=missing,
            edits=edits,
            visited=visited,
            unsaved=texts_seen,
            revision=self._revision(workspace, choice),
        )
        query = ContextQuery(request, tokenizer, budget, deadline, choice)
        return workspace.session.retrieve(query, paused=snapshot.invoked)

    def measured(self, tokens: int, duration_ms: float) -> None:
        """Record the time in which the engine has read ``tokens`` of a prompt; later budgets follow it."""
        with self._lock:
            self._speed = self._speed.after(tokens, duration_ms)

    def files_changed(self, paths: Iterable[str]) -> None:
        """Update the indexes for files (absolute paths) that were saved, created, renamed or deleted by
        anyone.
        """
        with self._lock:
            workspaces = list(self._workspaces.items())
        changed = list(paths)
        for folder, workspace in workspaces:
            inside = [path for each in changed if (path := relative(folder, each)) is not None]
            if inside:
                workspace.indexer.update(inside)

    def close(self) -> None:
        """End the indexers."""
        with self._lock:
            workspaces = list(self._workspaces.values())
            self._workspaces.clear()
        for workspace in workspaces:
            close(workspace)

    def _workspace(self, folder: str, focus: Iterable[str]) -> Workspace | None:
        if is_too_general(Path(folder)) or not Path(folder).is_dir():
            return None
        gone: Workspace | None = None
        with self._lock:
            workspace = self._workspaces.pop(folder, None)
            is_new = workspace is None
            workspace = workspace or self._new_workspace(folder)
            self._workspaces[folder] = workspace
            if len(self._workspaces) > WORKSPACES_MAX:
                _, gone = self._workspaces.popitem(last=False)
        if gone is not None:
            close(gone)
        if is_new:
            near = [path for each in focus if (path := relative(folder, each)) is not None]
            workspace.indexer.scan(near)
        return workspace

    def _new_workspace(self, folder: str) -> Workspace:
        root = Path(folder).resolve()
        failure: NoPrivateFolderError | None = None
        try:
            index = Index(database_of(root))
        except NoPrivateFolderError as error:
            index, failure = Index(None), error

        def on_event(event: Event) -> None:
            if event["event"] == "scanned":
                session.forget()
            self._on_event(folder, event)

        session, indexer = ContextSession(index), BackgroundIndexer(root, on_event)
        if failure is not None:
            indexer.close()
            on_event({"event": "failed", "message": str(failure)})
        return Workspace(root, index, session, History(), indexer, Revision())

    def _revision(self, workspace: Workspace, choice: Choice) -> Revision:
        """Return the revision as last read. Reading it again takes a while and is not waited for."""
        now_s = time.monotonic()
        if "revision" in choice.sources and now_s - workspace.revision_read_s > REVISION_AGE_S_MAX:
            workspace.revision_read_s = now_s

            def read() -> None:
                workspace.revision = read_revision(workspace.root)

            threading.Thread(target=read, daemon=True).start()
        return workspace.revision


def close(workspace: Workspace) -> None:
    workspace.indexer.close()
    workspace.index.close()


def relative(folder: str | None, path: str) -> str | None:
    """Return ``path`` relative to the folder, as the index has it; None if it is not in the folder.

    A path that goes up again on the way counts as not in the folder.
    """
    if folder is None or not Path(path).is_relative_to(folder) or ".." in Path(path).parts:
        return None
    return Path(path).relative_to(folder).as_posix()


def is_too_general(folder: Path) -> bool:
    """True if a folder holds much more than a project: the home folder, the root, or a folder above them.

    For a user without a home, only the root is too general.
    """
    resolved = folder.resolve()
    if resolved == Path(resolved.anchor):
        return True
    try:
        return Path.home().is_relative_to(resolved)
    except RuntimeError:
        return False


def snippet_uses(retrieved: RetrievedContext) -> tuple[SnippetUse, ...]:
    """Return the use of each snippet, for explanation: those in the prompt with their cost, then those left
    out.
    """
    used = [_use_of(each.snippet, each.snippet.reason, each.tokens) for each in retrieved.chosen]
    left = [
        _use_of(each.snippet, f"left out: {each.why}", 0) for each in retrieved.dropped[:DROPPED_SHOWN_MAX]
    ]
    late = [SnippetUse(name, None, "left out: no time", 0) for name in retrieved.late]
    return (*used, *left, *late)


def _use_of(snippet: Snippet, reason: str, tokens: int) -> SnippetUse:
    line = None if snippet.span is None else snippet.span.start + 1
    return SnippetUse(snippet.source, snippet.path, reason, tokens, line)
