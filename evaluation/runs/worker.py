"""A worker that answers and scores cases on one device, one after another.

Invariants: at most one model is loaded; a case that can't be answered becomes a row with the reason; an
answer depends on the configuration and the case, not on earlier answers.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holesmith.completion.model_host import load_from_store
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.engine.errors import EngineError
from holesmith.engine.interface import Engine
from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.metrics.checker import Checker
from holesmith.evaluation.metrics.score_at_k import scores_of_samples
from holesmith.evaluation.metrics.scoring import SCORERS, Scores
from holesmith.evaluation.row import Row, SampleRow
from holesmith.evaluation.runs.answering import (
    Answered,
    answer_pipeline,
    answer_prompt,
    answer_retrieval,
    options_for,
    sampling_of,
    truth_nats,
)
from holesmith.evaluation.runs.prompting import fusion_passages, prompt_for
from holesmith.evaluation.runs.repository_contexts import RepositoryContexts
from holesmith.evaluation.runs.repository_prompt import PatientRetrieval
from holesmith.evaluation.runs.sampled_engine import SampledEngine
from holesmith.evaluation.runs.task import AnswerTask, OrderTask, Reply, Task

if TYPE_CHECKING:
    from holesmith.engine.loading.fusion_in_decoder import FusionInDecoder

EngineLoader = Callable[[Options], Engine]
# Lines before and behind the hole that a row keeps for people.
LINES_AROUND = 12


def load_engine_from_store(options: Options) -> Engine:
    """Load an engine from the model store: the default loader."""
    return load_from_store(options, lambda message, share: None)


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """The arguments of a worker, which can be sent to another process.

    ``checker`` is the command behind the metric named ``check_metric``, or None. With ``likelihood`` the
    model also scores the true text.
    """

    suite: str
    device: str = "auto"
    checker: str | None = None
    check_metric: str = "type_checks"
    likelihood: bool = False
    loader: EngineLoader = load_engine_from_store


class Worker:
    """Owns an event loop and, once needed, an engine."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        self._runner = asyncio.Runner()
        self._checker = Checker(setup.checker) if setup.checker else None
        self._loaded: tuple[str | None, str] | None = None
        self._engine: SampledEngine | None = None
        self._service: Service | None = None
        self._fusion: FusionInDecoder | None = None
        self._contexts = RepositoryContexts()

    def order(self, configuration: Configuration, cases: Sequence[Case]) -> list[int]:
        """Return the indices of ``cases`` in the order in which prompts share the longest beginnings.

        Sorting by token ids walks the tree of all prefixes depth first (BatchLLM's global prefix tree, for
        one sequence at a time). Prompts with context are known only when they are made; there the order is
        that of files and of holes within them.
        """
        if configuration.mode in ("pipeline", "context", "retrieval", "fusion-in-decoder"):
            places = [(case.repository, case.path, len(case.prefix)) for case in cases]
            return sorted(range(len(cases)), key=places.__getitem__)
        vocabulary = self._engine_for(configuration).vocabulary
        prompts = [prompt_for(case, configuration, vocabulary).token_ids for case in cases]
        return sorted(range(len(cases)), key=prompts.__getitem__)

    def answer(self, named: Named, case: Case) -> Row:
        """Return the row of one case.

        Raises EngineError only if no case can be answered, as without a model.
        """
        configuration = named.configuration
        self._prepare(configuration)
        samples: list[SampleRow] = []
        answers: list[Answered] = []
        error, nats = None, None
        try:
            for sample, temperature in enumerate(configuration.temperatures):
                answered = self._runner.run(self._answered(configuration, case, sample))
                answers.append(answered)
                samples.append(self._scored(case, answered, temperature))
            nats = self._nats(case)
        except EvaluationError:
            raise
        except EngineError as failure:
            error, samples = str(failure), []
        return _row(named.name, case, answers, tuple(samples), nats, error)

    def perform(self, task: Task) -> Reply:
        """Do a task of either kind."""
        match task:
            case OrderTask(configuration, cases):
                return self.order(configuration, cases)
            case AnswerTask(named, case):
                return self.answer(named, case)

    def close(self) -> None:
        """Free the model and the copies of repositories."""
        self._runner.run(self._unload())
        self._runner.close()
        self._contexts.close()
        if self._checker is not None:
            self._checker.__exit__(None, None, None)

    def _prepare(self, configuration: Configuration) -> None:
        if configuration.mode == "fusion-in-decoder":
            self._fusion_for(configuration.model)
        elif configuration.mode != "retrieval":
            self._engine_for(configuration)

    async def _answered(self, configuration: Configuration, case: Case, sample: int) -> Answered:
        if configuration.mode == "retrieval":
            return answer_retrieval(case)
        if configuration.mode == "fusion-in-decoder":
            return self._fused(configuration, case)
        engine = self._engine
        assert engine is not None
        engine.sampling, engine.first = sampling_of(configuration, case, sample), None
        if configuration.mode == "context":
            prompt = self._contexts.prompt(case, configuration, engine.vocabulary)
            return await answer_prompt(prompt, case, configuration, engine)
        if configuration.mode != "pipeline":
            prompt = prompt_for(case, configuration, engine.vocabulary)
            return await answer_prompt(prompt, case, configuration, engine)
        options = options_for(configuration, case, self._setup.device)
        if self._service is None:
            self._service = Service(
                options,
                loader=lambda options, progress: engine,
                retrieval=PatientRetrieval(),
                workspaces=Workspaces(),
            )
            await self._service.load()
        return await answer_pipeline(case, options, self._service)

    def _nats(self, case: Case) -> tuple[float, int] | None:
        if not self._setup.likelihood or self._engine is None:
            return None
        return self._runner.run(truth_nats(case, self._engine))

    def _fused(self, configuration: Configuration, case: Case) -> Answered:
        model = self._fusion_for(configuration.model)
        passages = fusion_passages(case, configuration, model.encode, model.decode)
        text = model.complete(passages, configuration.passage_tokens, configuration.tokens_max)
        return Answered(
            text, "stop", 0, "\n".join(passages), sum(len(model.encode(each)) for each in passages)
        )

    def _scored(self, case: Case, answered: Answered, temperature: float) -> SampleRow:
        scores: Scores = SCORERS[self._setup.suite](case, answered.text)
        if self._checker is not None:
            passes = self._checker.passes(case, answered.text)
            if passes is not None:
                scores[self._setup.check_metric] = float(passes)
        return SampleRow(
            text=answered.text,
            scores={name: round(score, 6) for name, score in scores.items()},
            finish=answered.finish,
            tokens=answered.tokens,
            temperature=temperature,
            reason=answered.reason,
            monitors=answered.monitors,
        )

    def _engine_for(self, configuration: Configuration) -> SampledEngine:
        wanted = configuration.model, configuration.weights
        if self._engine is None or self._loaded != wanted:
            self._runner.run(self._unload())
            model, weights = wanted
            options = Options(model=model, device=self._setup.device, weights=weights)
            self._engine, self._loaded = SampledEngine(self._setup.loader(options)), wanted
        return self._engine

    def _fusion_for(self, model: str | None) -> "FusionInDecoder":
        from holesmith.engine.loading.fusion_in_decoder import load_fusion_in_decoder

        if model is None:
            raise EvaluationError("mode fusion-in-decoder needs --model, a directory in Hugging Face layout")
        if self._fusion is None or self._loaded != (model, "auto"):
            self._runner.run(self._unload())
            self._fusion = load_fusion_in_decoder(model, self._setup.device)
            self._loaded = model, "auto"
        return self._fusion

    async def _unload(self) -> None:
        engine, self._engine = self._engine, None
        service, self._service, self._fusion = self._service, None, None
        if service is not None:
            await service.close()
        elif engine is not None:
            await engine.close()


def _row(
    configuration: str,
    case: Case,
    answers: Sequence[Answered],
    samples: tuple[SampleRow, ...],
    nats: tuple[float, int] | None,
    error: str | None,
) -> Row:
    first = answers[0] if answers else Answered("", "none", 0, "", 0)
    timings: dict[str, float] = {}
    for answered in answers:
        for stage, duration_ms in answered.timings_ms.items():
            timings[stage] = round(timings.get(stage, 0.0) + duration_ms, 2)
    scores = {} if error else scores_of_samples([sample.scores for sample in samples])
    if scores and nats is not None:
        surprise, tokens = nats
        scores |= {"likelihood": round(math.exp(-surprise / tokens), 6)}
    return Row(
        configuration=configuration,
        case=case.id,
        repository=case.repository,
        path=case.path,
        slices=case.slices,
        target=case.target,
        before="\n".join(case.prefix.split("\n")[-LINES_AROUND:]),
        after="\n".join(case.suffix.split("\n")[:LINES_AROUND]),
        prompt=first.prompt,
        prompt_tokens=first.prompt_tokens,
        prefilled_tokens=first.prefilled_tokens,
        samples=samples,
        scores=scores,
        nats=None if nats is None else round(nats[0], 4),
        context=first.context,
        timings_ms=timings,
        error=error,
    )
