"""The completion service: owns the model's life and answers requests, whatever state it is in.

Invariants: nothing here raises for the outside world's failures, the status says them; a request that comes
before the model is ready is answered at once with the reason; the event loop never waits for a load.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import monotonic, perf_counter

from holesmith.analysis.python.environment import in_words
from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.filters import AFTER_DELETION
from holesmith.completion.scheduling.analysis_warm_up import warm_up_analysis
from holesmith.completion.scheduling.background_activity import Background
from holesmith.completion.scheduling.completion_cache import CompletionCache
from holesmith.completion.scheduling.debounce import Debounce
from holesmith.completion.scheduling.in_flight import InFlight
from holesmith.completion.scheduling.prefetch import Prefetch, after_taking
from holesmith.completion.scheduling.prompt_warm_up import PromptWarmUp, Take, read
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status, counted, counts_of, failed_to_load
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval
from holesmith.context.prompt.templates import template_for
from holesmith.engine.errors import EngineError
from holesmith.engine.interface import Engine

JUST_TAKEN = "a suggestion of one line was just taken"
SLICES_A_PAUSE = 4

_logger = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
Keep = Callable[[Snapshot, Answer], None]
# Blocks until the model of the options is loaded; raises EngineError. Runs in a thread.
Loader = Callable[[Options, Progress], Engine]


def load_from_store(options: Options, progress: Progress) -> Engine:
    """The loader of every day: the named or default model, out of the model store."""
    # Imported here, in the loading thread: torch takes a second that the first answer must not wait for.
    from holesmith.engine.loading.load import choose_device, load_engine
    from holesmith.engine.store.catalogue import default_model
    from holesmith.engine.store.store import find

    name = options.model or default_model(choose_device(options.device).type)
    return load_engine(find(name), options.device, progress, options.weights)


def loaded_by(options: Options) -> tuple[object, ...]:
    """What of the options the loaded model depends on."""
    return options.model, options.device, options.weights


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
        self._recent = CompletionCache()
        self._debounce = Debounce()
        self._retrieval = retrieval
        self._workspaces = workspaces
        if workspaces is not None:
            workspaces.python = options.python
        self._opened: Snapshot | None = None
        self._in_flight: InFlight | None = None
        self._foresight = Prefetch()
        self._warming = PromptWarmUp(self._read_ahead)
        self._background = Background(self._show_background)
        self._prompt_read = ""
        self._edits = 0

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
                template = template_for(engine.vocabulary)
            except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # libraries in other languages have some that are no Exception
                _logger.debug("loading the model failed", exc_info=error)
                self._set_status(failed_to_load(self._status, self._options.model, error))
                return
            self._completer = Completer(engine, template, self._workspaces, self._retrieval)
            self._set_status(self._ready(engine))
            self._warming.start_over()

    async def configure(self, options: Options) -> None:
        """Take new options; the model is loaded again only if the options want it otherwise."""
        before, self._options = self._options, options
        self._recent.clear()
        self._foresight.stop()
        if options.look_ahead:
            self._warming.start_over()
        else:
            self._warming.stop()
        if self._workspaces is not None and before.python != options.python:
            await self._workspaces.use_python(options.python)
            if self._opened is not None:
                await self._analyse(self._opened)
        if loaded_by(before) != loaded_by(options):
            await self.load()

    async def complete(self, snapshot: Snapshot) -> Answer:
        """Answer one request. Cancelling the awaiting task stops decoding, unless another request joined it.

        While the user types along with an earlier completion, the answer is the rest of that one; while with
        one that is still being decoded, the request waits for it.
        """
        self._learn_from(snapshot)
        self._warming.give_way()
        if not self._has_model:
            return self._without_model(snapshot)
        if not snapshot.invoked and (reason := self._suppression_reason(snapshot)) is not None:
            self._get_warm(lambda: snapshot)
            return Answer(None, reason, self._status.model or "")
        if (known := self._known(snapshot, "typed_along")) is not None:
            return known
        if (joined := await self._join(snapshot)) is not None:
            return joined
        self._foresight.stop()
        waited_ms = 0.0 if snapshot.invoked else await self._wait_for_typist()
        if (joined := await self._join(snapshot)) is not None:
            return joined
        if not self._has_model:  # the settings took it away meanwhile
            return self._without_model(snapshot)
        self._in_flight = self._start(snapshot, self._keep)
        answer = await self._answer_of(self._in_flight)
        self._look_ahead(snapshot, answer)
        if answer.completion is None:
            self._get_warm(lambda: snapshot, again=answer.finish != "none")
        return replace(answer, timings_ms={"wait": round(waited_ms, 2), **answer.timings_ms})

    @property
    def _has_model(self) -> bool:
        return self._completer is not None

    def _without_model(self, snapshot: Snapshot) -> Answer:
        self._get_warm(lambda: snapshot)
        return Answer(None, f"{self._status.health}: {self._status.message}", self._status.model or "")

    async def open(self, snapshot: Snapshot) -> None:
        """A document is in front of the user: begin to index and to analyse its workspace."""
        if self._retrieval is not None and self._options.context and snapshot.workspace is not None:
            self._retrieval.listen(self._background.hearer())
            await asyncio.to_thread(self._retrieval.open, snapshot.workspace, (snapshot.path,))
        if self._workspaces is not None and self._options.monitor:
            self._opened = snapshot
            await self._analyse(snapshot)

    def edited(self, take: Take) -> None:
        """The user has edited a document. ``take`` gives it as it then is, with the cursor where it probably
        is, or None if nobody knows; it is called after a pause, if nothing is asked before.
        """
        self._edits += 1
        self._get_warm(take)

    async def _analyse(self, snapshot: Snapshot) -> None:
        """Start the analysis of the workspace of a document, and say which environment it reads."""
        assert self._workspaces is not None
        analysis = await self._workspaces.of(snapshot)
        if analysis is None:
            return
        with self._background.analysing(snapshot.workspace or snapshot.path):
            environment = (await analysis.warm_up()).answer
            if environment is not None:
                self._set_status(replace(self._status, environment=in_words(environment)))
            edits = self._edits
            await warm_up_analysis(
                analysis, snapshot, is_over=lambda: self._edits != edits, is_busy=self._is_decoding
            )

    def _is_decoding(self) -> bool:
        return any(run is not None and run.is_running for run in (self._in_flight, self._foresight.run))

    def _show_background(self, activity: str | None, index_failure: str | None) -> None:
        self._set_status(replace(self._status, activity=activity, index_failure=index_failure))

    def files_changed(self, paths: Iterable[str]) -> None:
        """These files (absolute) were saved, created, renamed or deleted, by the editor or by others."""
        if self._retrieval is not None:
            self._retrieval.files_changed(paths)

    def _learn_from(self, snapshot: Snapshot) -> None:
        self._count(requests=1)
        self._debounce.observe_request(monotonic())
        accepted = self._recent.outcome_of_last(snapshot)
        if accepted is not None:
            self._debounce.observe_outcome(accepted=accepted)

    def _suppression_reason(self, snapshot: Snapshot) -> str | None:
        """Why a completion would be in the way here, also one that is known; None if it would not."""
        if snapshot.after_deletion:
            return AFTER_DELETION
        return JUST_TAKEN if self._recent.is_just_taken(snapshot) else None

    def _known(self, snapshot: Snapshot, how: str) -> Answer | None:
        """The rest of a completion made before, unless the user asks for more of them than there were."""
        found = self._recent.find(snapshot)
        if found is None:
            return None
        remembered, answer = found
        if snapshot.invoked and self._options.candidates_max > 1 and len(remembered.completions) == 1:
            return None
        if remembered.is_shown:
            self._count(**{how: 1})
        else:
            work_ms = remembered.answer.timings_ms.get("total", 0.0)
            self._count(foreseen=1, completions=1, work_ms_used=work_ms)
        remembered.show(answer)
        self._look_ahead(snapshot, answer)
        return answer

    async def _join(self, snapshot: Snapshot) -> Answer | None:
        """What a run in the making comes to, if this request agrees with it."""
        for run in (self._in_flight, self._foresight.run):
            if run is not None and run.covers(snapshot):
                answer = await self._answer_of(run)
                if (known := self._known(snapshot, "joined")) is not None:
                    return known
                if (snapshot.text, snapshot.offset) == (run.snapshot.text, run.snapshot.offset):
                    self._count(joined=1)
                    return answer
        return None

    def _start(self, snapshot: Snapshot, keep: Keep) -> InFlight:
        """Run the pipeline; whether anybody still waits or not, ``keep`` is called with the answer."""
        assert self._completer is not None
        completer, options = self._completer, self._options

        async def work(on_text: Callable[[str], None]) -> Answer:
            answer = await completer.complete(snapshot, options, on_text)
            self._count_monitors(answer)
            if answer.finish != "none":
                self._warming.note(snapshot)
                self._prompt_read = answer.prompt
            keep(snapshot, answer)
            return answer

        return InFlight(snapshot, work, lambda work_ms: self._count(work_ms=work_ms))

    def _count_monitors(self, answer: Answer) -> None:
        self._count(**counts_of(answer.monitors))

    def _keep(self, snapshot: Snapshot, answer: Answer) -> None:
        self._recent.add(snapshot, answer)
        work_ms = answer.timings_ms.get("total", 0.0)
        self._debounce.observe_cost(work_ms / 1000)
        if answer.completion is not None:
            self._count(completions=1, work_ms_used=work_ms)

    def _look_ahead(self, snapshot: Snapshot, answer: Answer) -> None:
        """Work out what may come after a completion that is about to be shown, if nothing else is asked."""
        if not self._options.look_ahead or answer.completion is None or self._completer is None:
            return
        target = after_taking(snapshot, answer.completion)
        if target is not None and self._recent.find(target) is None:
            self._foresight.begin(target, lambda: self._start(target, self._keep_foreseen))

    def _get_warm(self, take: Take, *, again: bool = False) -> None:
        if self._options.look_ahead:
            self._warming.begin(take, again=again)

    async def _read_ahead(self, snapshot: Snapshot) -> bool:
        """False where it cannot be done now: without a model, and beside a run that somebody may wait for."""
        if self._completer is None or self._is_decoding():
            return False
        completer, options, began = self._completer, self._options, perf_counter()
        try:
            prompt = await completer.prompt_ahead(snapshot, options)
            if prompt is not None and prompt.text != self._prompt_read:
                await read(completer.engine, prompt, options)
                self._prompt_read = prompt.text
                self._count(read_ahead=1)
            if prompt is not None and self._workspaces is not None and options.monitor:
                analysis = await self._workspaces.of(snapshot)
                if analysis is not None:
                    await warm_up_analysis(analysis, snapshot, slices_max=SLICES_A_PAUSE)
        except EngineError:
            return False  # whoever asks will be told
        finally:
            took_ms = (perf_counter() - began) * 1000
            self._count(work_ms=took_ms, read_ahead_ms=took_ms)
        return prompt is not None

    def _keep_foreseen(self, snapshot: Snapshot, answer: Answer) -> None:
        if self._recent.find(snapshot) is None:
            self._recent.add(snapshot, answer, is_shown=False)

    async def _wait_for_typist(self) -> float:
        """How long it waited, in milliseconds."""
        wait = min(self._debounce.wait_seconds(), self._options.debounce_ms_max / 1000)
        await asyncio.sleep(wait)
        return wait * 1000

    async def _answer_of(self, run: InFlight) -> Answer:
        """Wait for a run, and keep count of what became of it."""
        try:
            return await run.answer()
        except asyncio.CancelledError:
            self._count(cancelled=1)
            raise
        except EngineError as error:
            self._set_status(replace(self._status, message=str(error), failures=self._status.failures + 1))
            return Answer(None, str(error), self._status.model or "")

    def _count(self, **more: float) -> None:
        self._set_status(counted(self._status, more))

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
        self._foresight.stop()
        self._warming.hold()
        self._prompt_read = ""
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
