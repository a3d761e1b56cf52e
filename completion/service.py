"""The completion service: owns the model's life and answers requests, whatever state it is in.

Invariants: nothing here raises for the outside world's failures, the status says them; a request that comes
before the model is ready is answered at once with the reason; the event loop never waits for a load.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import monotonic

from holesmith.completion.answer import Answer
from holesmith.completion.complete import Completer
from holesmith.completion.debounce import Debounce
from holesmith.completion.in_flight import InFlight
from holesmith.completion.options import Options
from holesmith.completion.recent import RecentAnswers
from holesmith.completion.retrieval import Retrieval
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.completion.workspaces import Workspaces
from holesmith.context.templates import template_for
from holesmith.engine.errors import EngineError
from holesmith.engine.seam import Engine

Progress = Callable[[str, float], None]
# Blocks until the model of the options is loaded; raises EngineError. Runs in a thread.
Loader = Callable[[Options, Progress], Engine]


def load_from_store(options: Options, progress: Progress) -> Engine:
    """The loader of every day: the named or default model, out of the model store."""
    # Imported here, in the loading thread: torch takes a second that the first answer must not wait for.
    from holesmith.engine.catalogue import default_model
    from holesmith.engine.loading import choose_device, load_engine
    from holesmith.engine.store import find

    name = options.model or default_model(choose_device(options.device).type)
    return load_engine(find(name), options.device, progress)


class Service:
    """One per server or command. All methods belong to one event loop."""

    def __init__(
        self,
        options: Options,
        on_status: Callable[[Status], None] = lambda status: None,
        loader: Loader = load_from_store,
        retrieval: Retrieval | None = None,
        workspaces: Workspaces | None = None,
    ) -> None:
        """``on_status`` is called on the event loop whenever the status has changed.

        Without ``retrieval`` no workspace is indexed, without ``workspaces`` none is analysed; both are
        closed with the service.
        """
        self._options = options
        self._on_status = on_status
        self._loader = loader
        self._completer: Completer | None = None
        self._status = Status("stopped", "not started")
        self._loading = asyncio.Lock()
        self._recent = RecentAnswers()
        self._debounce = Debounce()
        self._retrieval = retrieval
        self._workspaces = workspaces
        self._in_flight: InFlight | None = None

    @property
    def status(self) -> Status:
        return self._status

    @property
    def options(self) -> Options:
        return self._options

    async def load(self) -> None:
        """Load the model of the options and put it in the place of any other; a failure is in the status."""
        async with self._loading:
            await self._unload()
            self._set_status(
                replace(self._status, health="loading", message="loading the model", progress=0.0)
            )
            loop = asyncio.get_running_loop()

            def progress(message: str, share: float) -> None:
                loop.call_soon_threadsafe(self._loading_progress, message, share)

            try:
                engine = await asyncio.to_thread(self._loader, self._options, progress)
            except EngineError as error:
                self._set_status(Status("error", str(error), model=self._options.model))
                return
            template = template_for(engine.vocabulary)
            self._completer = Completer(engine, template, self._workspaces, self._retrieval)
            self._set_status(self._ready(engine))

    async def configure(self, options: Options) -> None:
        """Take new options; the model is loaded again only if the options name another model or device."""
        before, self._options = self._options, options
        self._recent.clear()
        if (before.model, before.device) != (options.model, options.device):
            await self.load()

    async def complete(self, snapshot: Snapshot) -> Answer:
        """Answer one request. Cancelling the awaiting task stops decoding, unless another request joined it.

        While the user types along with an earlier completion, the answer is the rest of that one; while with
        one that is still being decoded, the request waits for it.
        """
        self._debounce.observe_request(monotonic())
        accepted = self._recent.outcome_of_last(snapshot)
        if accepted is not None:
            self._debounce.observe_outcome(accepted=accepted)
        if self._completer is None:
            return Answer(None, f"{self._status.health}: {self._status.message}", self._status.model or "")
        if (known := self._recent.answer_for(snapshot)) is not None:
            return known
        run = self._in_flight
        if run is not None and run.covers(snapshot):
            await self._answer_of(run)
            if (known := self._recent.answer_for(snapshot)) is not None:
                return known
        if not snapshot.invoked:
            await self._wait_for_typist()
        completer, options = self._completer, self._options
        run = InFlight(snapshot, lambda on_text: completer.complete(snapshot, options, on_text))
        self._in_flight = run
        return await self._answer_of(run)

    async def open(self, snapshot: Snapshot) -> None:
        """A document is in front of the user: begin to index and to analyse its workspace."""
        if self._retrieval is not None and self._options.context and snapshot.workspace is not None:
            await asyncio.to_thread(self._retrieval.open, snapshot.workspace, (snapshot.path,))
        if self._workspaces is not None and self._options.monitor:
            analysis = await self._workspaces.of(snapshot)
            if analysis is not None:
                await analysis.warm_up()

    def files_changed(self, paths: Iterable[str]) -> None:
        """These files (absolute) were saved, created, renamed or deleted, by the editor or by others."""
        if self._retrieval is not None:
            self._retrieval.files_changed(paths)

    async def _wait_for_typist(self) -> None:
        await asyncio.sleep(min(self._debounce.wait_seconds(), self._options.debounce_ms_max / 1000))

    async def _answer_of(self, run: InFlight) -> Answer:
        """Wait for a run, and keep count of what became of it."""
        try:
            answer = await run.answer()
        except asyncio.CancelledError:
            self._set_status(replace(self._status, cancelled=self._status.cancelled + 1))
            raise
        except EngineError as error:
            self._set_status(replace(self._status, message=str(error), failures=self._status.failures + 1))
            return Answer(None, str(error), self._status.model or "")
        self._recent.add(run.snapshot, answer)
        self._debounce.observe_cost(answer.timings_ms.get("total", 0.0) / 1000)
        shown = self._status.completions + (answer.completion is not None)
        self._set_status(replace(self._status, completions=shown))
        return answer

    async def close(self) -> None:
        """Stop decoding and free the model. A load in progress is waited for."""
        async with self._loading:
            await self._unload()
            if self._workspaces is not None:
                await self._workspaces.close()
            if self._retrieval is not None:
                await asyncio.to_thread(self._retrieval.close)
            self._set_status(replace(self._status, health="stopped", message="stopped", progress=None))

    async def _unload(self) -> None:
        completer, self._completer = self._completer, None
        self._recent.clear()
        if self._in_flight is not None:
            self._in_flight.stop()
        if completer is not None:
            await completer.engine.close()

    def _ready(self, engine: Engine) -> Status:
        model = engine.description
        message = f"{model.name} on {model.device}"
        return replace(
            self._status,
            health="ready",
            message=message,
            model=model.name,
            device=model.device,
            progress=None,
        )

    def _loading_progress(self, message: str, share: float) -> None:
        if self._status.health == "loading":
            self._set_status(replace(self._status, message=message, progress=share))

    def _set_status(self, status: Status) -> None:
        if status != self._status:
            self._status = status
            self._on_status(status)
