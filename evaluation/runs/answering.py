"""One configuration's answer to one case: by the pipeline, a published prompt, or retrieval alone."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from holesmith.completion.answer import SnippetUse
from holesmith.completion.options import Lines, Options
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.engine.request import Request, Sampling
from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.ending import Ending
from holesmith.evaluation.runs.plain_prompt import spelled
from holesmith.evaluation.runs.prompting import CasePrompt
from holesmith.evaluation.runs.repository_prompt import source_names, unknown_sources
from holesmith.evaluation.runs.sampled_engine import SampledEngine

ANSWER_MS_MAX = 10_000.0
"""Deadline of a monitor's question. An editor allows less; here a late answer counts, so that runs repeat."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One sample before scoring.

    ``finish`` is "enough" if decoding ended because the metrics needed no more text. ``prefilled_tokens`` of
    the prompt's tokens were not in the engine's cache; None if they were not counted.
    """

    text: str
    finish: str
    tokens: int
    prompt: str
    prompt_tokens: int
    reason: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    context: Sequence[Mapping[str, object]] = ()
    monitors: Mapping[str, int] = field(default_factory=dict[str, int])
    prefilled_tokens: int | None = None


def sampling_of(configuration: Configuration, case: Case, sample: int) -> Sampling:
    """Return the sampling of one sample of a case. Its seed does not depend on the order of drawing."""
    key = f"{configuration.seed}/{case.id}/{sample}".encode()
    seed = int.from_bytes(hashlib.sha256(key).digest()[:4])
    return Sampling(configuration.temperatures[sample], configuration.top_p, seed)


async def answer_prompt(
    prompt: CasePrompt, case: Case, configuration: Configuration, engine: SampledEngine
) -> Answered:
    """Decode a prompt of a mode other than the pipeline until the metrics have enough."""
    middle, ending, tokens, enough = (
        Middle(prompt.healed_prefix, engine.vocabulary.token_bytes),
        Ending(case),
        0,
        False,
    )
    stream = engine.start(
        Request(
            token_ids=prompt.token_ids,
            tokens_max=configuration.tokens_max,
            stop_ids=prompt.stop_ids,
            healed_prefix=prompt.healed_prefix.encode(errors="replace"),
        )
    )
    async for token in stream:
        middle.add(token)
        tokens += 1
        if ending.reached(middle.text):
            enough = True
            break
    stream.cancel()
    generation = await stream.result()
    return Answered(
        text=ending.cut(middle.text),
        finish="enough" if enough else generation.finish,
        tokens=tokens,
        prompt=spelled(engine.vocabulary, prompt.token_ids),
        prompt_tokens=len(prompt.token_ids),
        timings_ms=generation.timings_ms,
        context=prompt.uses,
        prefilled_tokens=generation.tokens_prefilled,
    )


_LINES: Mapping[str, Lines] = {
    "line": "single",
    "full_line": "single",
    "identifier": "single",
    "method": "multi",
    "statement": "auto",
}


def options_for(configuration: Configuration, case: Case, device: str) -> Options:
    """Return the pipeline's options for a case, without deadlines that an answer could miss.

    Raises EvaluationError for a source of context that does not exist.
    """
    check_sources(configuration)
    return Options(
        model=configuration.model,
        device=device,
        weights=configuration.weights,
        lines=_LINES[case.extent],
        tokens_max=configuration.tokens_max,
        prompt_tokens_max=configuration.prompt_tokens_max,
        in_comments=True,
        context=configuration.context,
        sources=None if configuration.sources is None else frozenset(configuration.sources),
        facts_ms_max=ANSWER_MS_MAX,
        monitor=configuration.monitor,
        answer_ms_max=ANSWER_MS_MAX,
    )


def check_sources(configuration: Configuration) -> None:
    """Raise EvaluationError for a name that context's catalogue does not have."""
    if unknown := unknown_sources(configuration.sources or ()):
        raise EvaluationError(
            f"no such source of context: {', '.join(unknown)}; there are {', '.join(source_names())}"
        )


async def truth_nats(case: Case, engine: SampledEngine) -> tuple[float, int] | None:
    """Return the model's surprise at the true first line, in nats, and the number of that line's tokens.

    The line is scored behind the prompt of the answer just given; None without a prompt. One short pass is
    enough, because the engine has the prompt in its cache.
    """
    request = engine.first
    if request is None:
        return None
    lead = case.target[: len(case.target) - len(case.target.lstrip())]
    truth = request.healed_prefix.decode("utf-8", "replace") + lead + case.target.strip().split("\n")[0]
    ids = tuple(engine.vocabulary.encode(truth))
    if not ids:
        return None
    stream = engine.start(replace(request, choices=(ids,), constraints=(), healed_prefix=b""))
    generation = await stream.result()
    return -generation.scores[0], len(ids)


async def answer_pipeline(case: Case, options: Options, service: Service) -> Answered:
    """Return the suggestion that the editor would show at the hole."""
    await service.configure(options)
    answer = await service.complete(snapshot_of(case))
    completion = answer.completion
    return Answered(
        text=completion.text if completion else "",
        finish="shown" if completion else "nothing",
        tokens=0,
        prompt=answer.prompt,
        prompt_tokens=answer.prompt_tokens,
        reason=answer.reason,
        timings_ms=answer.timings_ms,
        context=uses_of(answer.context),
        monitors={
            "triggers": answer.monitors.triggers,
            "allowed": answer.monitors.allowed,
            "refused": answer.monitors.refused,
            "rolled_back": answer.monitors.rolled_back,
        },
        prefilled_tokens=answer.prefilled_tokens,
    )


def snapshot_of(case: Case) -> Snapshot:
    """Return the document with the hole empty and the cursor in it, as an editor would send it."""
    path = f"{case.workspace}/{case.path}" if case.workspace else case.path
    return Snapshot(
        path=path,
        language=case.language,
        text=case.prefix + case.suffix,
        offset=len(case.prefix),
        workspace=case.workspace,
        invoked=True,
    )


def uses_of(uses: Iterable[SnippetUse]) -> tuple[dict[str, object], ...]:
    """Describe the snippets in a prompt for a row."""
    return tuple(
        {"source": use.source, "path": use.path, "reason": use.reason, "tokens": use.tokens} for use in uses
    )


def answer_retrieval(case: Case) -> Answered:
    """Return the best-ranked candidate of the case, without a model.

    Raises EvaluationError if the suite ranks no candidates.
    """
    candidates = case.facts.get("candidates")
    if not isinstance(candidates, list):
        raise EvaluationError(f"{case.id}: the suite ranks no candidates, which mode retrieval needs")
    best = str(candidates[0]) if candidates else ""
    return Answered(best, "ranked", 0, "", 0)
