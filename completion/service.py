"""The completion service: it answers requests in any state of the model, and works ahead in the pauses.

Invariants: failures of the outside world raise nothing here, the status reports them; a request that comes
before the model is ready is answered at once with the reason; `wait_for_load` is for who wants to wait.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import monotonic, perf_counter

from holesmith.analysis.python.environment import in_words
from holesmith.completion.answer import Answer
from holesmith.completion.model_host import Loader, ModelHost, load_from_store, needs_reload
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.filters import AFTER_DELETION
from holesmith.completion.scheduling.analysis_warm_up import warm_up_analysis
from holesmith.completion.scheduling.background_activity import Background
from holesmith.completion.scheduling.completion_cache import CompletionCache
from holesmith.completion.scheduling.debounce import Debounce
from holesmith.completion.scheduling.in_flight import SUPERSEDED, InFlight, Runs, SupersededError
from holesmith.completion.scheduling.prefetch import Prefetch, after_taking
from holesmith.completion.scheduling.prompt_reader import PromptReader
from holesmith.completion.scheduling.prompt_warm_up import PromptWarmUp, SnapshotFactory, read_ahead
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.statistics import Statistics
from holesmith.completion.status import Status, status_of
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval
from holesmith.context.prompt.prompt import Prompt
from holesmith.engine.errors import EngineError

JUST_TAKEN = "a suggestion of one line was just taken"

Store = Callable[[Snapshot, Answer], None]


class Service:
    """The completion service of a server or command. All methods belong to one event loop."""

    def __init__(
        self,
        options: Options,
        on_status: Callable[[Status], None] = lambda status: None,
        loader: Loader = load_from_store,
        retrieval: Retrieval | None = None,
        workspaces: Workspaces | None = None,
    ) -> None:
        """``on_status`` is called on the event loop whenever the status has changed.

        Without ``retrieval`` no workspace is indexed, without ``workspaces`` none is analysed. The service
        closes both.
        """
        self._options = options
        self._on_status = on_status
        self._environment: str | None = None
        self._activity: str | None = None
        self._index_failure: str | None = None
        self._background = Background(self._show_background)
        show_activity = self._background.show_model_activity
        self._host = ModelHost(loader, self._publish, self._stop_runs, show_activity)
        self._statistics = Statistics(self._publish)
        self._status = self._current_status()
        self._recent = CompletionCache()
        self._debounce = Debounce()
        self._retrieval = retrieval
        self._workspaces = workspaces
        if workspaces is not None:
            workspaces.python = options.python
        self._opened: Snapshot | None = None
        self._runs = Runs()
        self._prefetch = Prefetch()
        self._warm_up = PromptWarmUp(self._read_ahead)
        self._reader = PromptReader(self._note_reading)
        self._edits = 0

    @property
    def status(self) -> Status:
        return self._status

    @property
    def options(self) -> Options:
        return self._options

    async def load(self) -> None:
        """Load the model of the options in place of any other; the status reports a failure."""
        if await self._host.load(lambda: self._options):
            self._warm_up.start_over()

    async def wait_for_load(self) -> None:
        """Wait until a load in progress has ended, well or not; return at once if there is none."""
        await self._host.wait_for_load()

    async def configure(self, options: Options) -> None:
        """Take new options; the model is loaded again only if the options need another one."""
        before, self._options = self._options, options
        self._recent.clear()
        self._prefetch.stop()
        if options.look_ahead:
            self._warm_up.start_over()
        else:
            self._warm_up.stop()
        if self._workspaces is not None and before.python != options.python:
            await self._workspaces.use_python(options.python)
            if self._opened is not None:
                await self._analyse(self._opened)
        if needs_reload(before, options):
            await self.load()

    async def complete(self, snapshot: Snapshot) -> Answer:
        """Answer one request. Cancelling the awaiting task stops decoding, unless another request joined it.

        If the user types along with an earlier completion, the answer is the rest of that completion. If an
        earlier completion that agrees with the document is still being decoded, the request waits for it.
        """
        self._learn_from(snapshot)
        self._warm_up.asked()
        if not self._host.is_loaded:
            return self._without_model(snapshot)
        if not snapshot.invoked and (reason := self._suppression_reason(snapshot)) is not None:
            self._get_warm(lambda: snapshot)
            return Answer(None, reason, self._host.state.model or "")
        if (known := self._from_cache(snapshot, self._statistics.count_typed_along)) is not None:
            return known
        if (joined := await self._join_running(snapshot)) is not None:
            return joined
        self._prefetch.stop()
        self._get_warm(lambda: snapshot)
        waited_ms = 0.0 if snapshot.invoked else await self._debounce.wait(self._options.debounce_ms_max)
        if (known := self._from_cache(snapshot, self._statistics.count_joined)) is not None:
            return known
        if (joined := await self._join_running(snapshot)) is not None:
            return joined
        if not self._host.is_loaded:  # new settings took the model away during the wait
            return self._without_model(snapshot)
        self._warm_up.hold()
        answer = await self._answer_of(self._runs.add(self._start(snapshot, self._store)))
        self._look_ahead(snapshot, answer)
        if answer.completion is None:
            self._get_warm(lambda: snapshot, again=answer.finish != "none")
        return replace(answer, timings_ms={"wait": round(waited_ms, 2), **answer.timings_ms})

    @property
    def _completer(self) -> Completer | None:
        """The pipeline with the model that is loaded; None while none is."""
        model = self._host.model
        if model is None:
            return None
        return Completer(model.engine, model.template, self._workspaces, self._retrieval)

    def _without_model(self, snapshot: Snapshot) -> Answer:
        self._get_warm(lambda: snapshot)
        state = self._host.state
        return Answer(None, f"{state.health}: {state.message}", state.model or "")

    async def open(self, snapshot: Snapshot) -> None:
        """Begin to index and to analyse the workspace of a document that is shown to the user."""
        if self._retrieval is not None and self._options.context and snapshot.workspace is not None:
            self._retrieval.listen(self._background.event_handler())
            await asyncio.to_thread(self._retrieval.open, snapshot.workspace, (snapshot.path,))
        if self._workspaces is not None and self._options.monitor:
            self._opened = snapshot
            await self._analyse(snapshot)

    def edited(self, take_snapshot: SnapshotFactory) -> None:
        """Record that the user has edited a document.

        ``take_snapshot`` is called soon, and again after a pause, unless a request comes before. It returns
        the document at that moment, with the cursor where it probably is, or None if nobody knows.
        """
        self._edits += 1
        self._get_warm(take_snapshot)

    async def _analyse(self, snapshot: Snapshot) -> None:
        """Start the analysis of the workspace of a document, and publish which environment it reads."""
        assert self._workspaces is not None
        analysis = await self._workspaces.of(snapshot)
        if analysis is None:
            return
        with self._background.analysing(snapshot.workspace or snapshot.path):
            environment = (await analysis.warm_up()).answer
            if environment is not None:
                self._environment = in_words(environment)
                self._publish()
            edits = self._edits
            await warm_up_analysis(
                analysis, snapshot, is_over=lambda: self._edits != edits, is_busy=self._is_decoding
            )

    def _is_decoding(self) -> bool:
        prefetch = self._prefetch.run
        return self._runs.is_any_running or (prefetch is not None and prefetch.is_running)

    def _show_background(self, activity: str | None, index_failure: str | None) -> None:
        self._activity, self._index_failure = activity, index_failure
        self._warm_up.forget_lines()
        self._publish()

    def files_changed(self, paths: Iterable[str]) -> None:
        """Update the index for files (absolute paths) that were saved, created,
        renamed or deleted by anyone.
        """
        if self._retrieval is not None:
            self._retrieval.files_changed(paths)

    def _learn_from(self, snapshot: Snapshot) -> None:
        self._statistics.count_request()
        self._debounce.observe_request(monotonic())
        accepted = self._recent.outcome_of_last(snapshot)
        if accepted is not None:
            self._debounce.observe_outcome(accepted=accepted)

    def _suppression_reason(self, snapshot: Snapshot) -> str | None:
        """Return the reason why a completion would be in the way here, even a known one; None if it would
        not.
        """
        if snapshot.after_deletion:
            return AFTER_DELETION
        return JUST_TAKEN if self._recent.is_just_taken(snapshot) else None

    def _from_cache(self, snapshot: Snapshot, count: Callable[[], None]) -> Answer | None:
        """Return the rest of an earlier completion; None if there is none, or if the user asks for more of
        them.

        ``count`` is called if the completion was shown before.
        """
        found = self._recent.find(snapshot)
        if found is None:
            return None
        entry, answer = found
        if snapshot.invoked and self._options.candidates_max > 1 and len(entry.completions) == 1:
            return None
        if entry.is_shown:
            count()
        else:
            self._statistics.count_prefetched(entry.answer.timings_ms.get("total", 0.0))
        entry.show(answer)
        self._look_ahead(snapshot, answer)
        return answer

    async def _join_running(self, snapshot: Snapshot) -> Answer | None:
        """Return the answer of a run in progress that agrees with this request; None if there is none."""
        for run in (self._runs.of(snapshot.path), self._prefetch.run):
            if run is not None and run.covers(snapshot):
                answer = await self._answer_of(run)
                if (known := self._from_cache(snapshot, self._statistics.count_joined)) is not None:
                    return known
                if (snapshot.text, snapshot.offset) == (run.snapshot.text, run.snapshot.offset):
                    self._statistics.count_joined()
                    return answer
        return None

    def _start(self, snapshot: Snapshot, store: Store) -> InFlight:
        """Run the pipeline; ``store`` is called with the answer even if nobody waits for it any more."""
        completer, options = self._completer, self._options
        assert completer is not None
        prompts: list[Prompt] = []

        async def let_pass(prompt: Prompt) -> None:
            prompts.append(prompt)
            await self._reader.let_pass(prompt.token_ids)

        async def work(on_text: Callable[[str], None]) -> Answer:
            answer = await completer.complete(snapshot, options, on_text, let_pass)
            self._statistics.count_monitors(answer.monitors)
            if answer.finish != "none":
                self._warm_up.note(snapshot)
                self._host.report_success()
            for prompt in prompts:
                self._reader.note(prompt.token_ids)
            store(snapshot, answer)
            return answer

        return InFlight(snapshot, work, self._statistics.count_work)

    def _store(self, snapshot: Snapshot, answer: Answer) -> None:
        self._recent.add(snapshot, answer)
        work_ms = answer.timings_ms.get("total", 0.0)
        self._debounce.observe_cost(work_ms / 1000)
        if answer.completion is not None:
            self._statistics.count_completion(work_ms)

    def _look_ahead(self, snapshot: Snapshot, answer: Answer) -> None:
        """Begin to prefetch what may come after a completion that is about to be shown."""
        if not self._options.look_ahead or answer.completion is None or not self._host.is_loaded:
            return
        target = after_taking(snapshot, answer.completion)
        if target is not None and self._recent.find(target) is None:
            self._prefetch.begin(target, lambda: self._start(target, self._store_prefetched))

    def _get_warm(self, take_snapshot: SnapshotFactory, *, again: bool = False) -> None:
        if self._options.look_ahead:
            self._warm_up.begin(take_snapshot, again=again)

    async def _read_ahead(self, snapshot: Snapshot, anew: bool) -> bool:
        """Read the prompt for a snapshot before it is asked for, as `read_ahead` does.

        False if that cannot be done now: without a model, or beside a run that somebody may wait for.
        """
        completer, options, began = self._completer, self._options, perf_counter()
        if completer is None or self._is_decoding():
            return False
        try:
            return await read_ahead(
                self._reader, completer, snapshot, options, anew=anew, is_busy=self._is_decoding
            )
        except EngineError:
            return False  # the next request will report the failure
        finally:
            self._statistics.count_reading((perf_counter() - began) * 1000)

    def _note_reading(self, tokens: int, took_ms: float) -> None:
        self._statistics.count_read_ahead()
        self._host.report_success()
        if self._retrieval is not None:
            self._retrieval.measured(tokens, took_ms)

    def _store_prefetched(self, snapshot: Snapshot, answer: Answer) -> None:
        if self._recent.find(snapshot) is None:
            self._recent.add(snapshot, answer, is_shown=False)

    async def _answer_of(self, run: InFlight) -> Answer:
        """Wait for a run, and count its outcome."""
        try:
            return await run.answer()
        except asyncio.CancelledError:
            self._statistics.count_cancelled()
            raise
        except SupersededError:
            self._statistics.count_cancelled()
            return Answer(None, SUPERSEDED, self._host.state.model or "")
        except EngineError as error:
            self._statistics.count_failure()
            self._host.report_failure(str(error))
            return Answer(None, str(error), self._host.state.model or "")

    async def close(self) -> None:
        """Stop decoding and free the model. A load in progress is waited for."""
        async with self._host.closing():
            if self._workspaces is not None:
                await self._workspaces.close()
            if self._retrieval is not None:
                await asyncio.to_thread(self._retrieval.close)

    def _stop_runs(self) -> None:
        """Stop all work of a model that is taken away, and forget its results."""
        self._recent.clear()
        self._runs.stop()
        self._prefetch.stop()
        self._warm_up.interrupt()
        self._reader.forget()

    def _publish(self) -> None:
        """Publish the status if it has changed."""
        status = self._current_status()
        if status != self._status:
            self._status = status
            self._on_status(status)

    def _current_status(self) -> Status:
        counters = self._statistics.counters
        return status_of(self._host.state, counters, self._environment, self._activity, self._index_failure)
