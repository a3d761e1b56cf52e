"""Compare the throughput of two orders of an evaluation run: by shared prefixes, and first come first served.

``python -P benchmarks/evaluation_schedule.py ROOT [--cases N] [--prompt-tokens N] [--model M]``. Holes are
cut from the files of ROOT and shuffled, as if several data sets or users were mixed. Every prompt is a window
that begins at a multiple of 128 tokens of its file. The limit that is printed beside the number of computed
tokens is the number of nodes in the tree of all prompts: no order can compute fewer. The engine keeps 256 MB
of prefixes, and a data set has far more; to see that effect in a short measurement, give a small
``--cache-mb``. The last line is one JSON object.
"""

import argparse
import json
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from holesmith.completion.options import Options
from holesmith.engine.interface import Engine, ModelDescription, Stream
from holesmith.engine.loading import load
from holesmith.engine.request import Generation, Request, Token
from holesmith.engine.vocabulary.vocabulary import Vocabulary
from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.runs.pool import LocalPool, order_of, rows_of
from holesmith.evaluation.runs.prompting import prompt_for
from holesmith.evaluation.runs.task import AnswerTask, OrderTask
from holesmith.evaluation.runs.worker import WorkerSetup, load_engine_from_store
from holesmith.evaluation.suites.repository_holes import RepositoryHoles

WINDOW_STEP = 128


@dataclass(slots=True)
class CountedStream:
    """Implements `engine.interface.Stream`, and counts the tokens of prompts that were really run."""

    stream: Stream
    engine: "CountingEngine"

    def __aiter__(self) -> AsyncIterator[Token]:
        return aiter(self.stream)

    def cancel(self) -> None:
        self.stream.cancel()

    async def result(self) -> Generation:
        generation = await self.stream.result()
        self.engine.prefilled += generation.tokens_prefilled
        return generation


@dataclass(slots=True)
class CountingEngine:
    """Implements `engine.interface.Engine`."""

    engine: Engine
    prefilled: int = 0

    @property
    def description(self) -> ModelDescription:
        return self.engine.description

    @property
    def vocabulary(self) -> Vocabulary:
        return self.engine.vocabulary

    def start(self, request: Request) -> Stream:
        return CountedStream(self.engine.start(request), self)

    async def close(self) -> None:
        await self.engine.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path, metavar="ROOT")
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--files", type=int, default=8, help="holes come from so many files")
    parser.add_argument("--prompt-tokens", type=int, default=384)
    parser.add_argument("--model")
    parser.add_argument("--cache-mb", type=int, help="scale the engine's prefix cache down with the workload")
    arguments = parser.parse_args()
    if arguments.cache_mb is not None:
        load.PREFIX_BYTES_MAX = arguments.cache_mb << 20
    named = Named(
        "prior",
        Configuration(
            model=arguments.model,
            mode="prior",
            tokens_max=8,
            prompt_tokens_max=arguments.prompt_tokens,
            window_step=WINDOW_STEP,
        ),
    )
    cases = shuffled_holes(arguments.root, arguments.cases, arguments.files)
    results = {order: measure(named, cases, order) for order in ("first-come", "shared-prefix")}
    limit = distinct_tokens(results["first-come"].prompts)
    for order, result in results.items():
        print(
            f"{order:14} {result.cases_per_minute:6.1f} cases/minute, {result.prefilled:,} prompt tokens run "
            f"of {result.total:,}; no order can run fewer than {limit:,}"
        )
    first, second = (results[order].answers for order in ("first-come", "shared-prefix"))
    different = sum(first[case] != second[case] for case in first)
    print(f"answers that differ between the orders: {different} of {len(cases)}")
    print(
        json.dumps(
            {
                "cases": len(cases),
                "prompt_tokens": results["first-come"].total,
                "limit_tokens": limit,
                "answers_different": different,
                **{
                    order.replace("-", "_"): {
                        "cases_per_minute": round(result.cases_per_minute, 2),
                        "prefilled_tokens": result.prefilled,
                    }
                    for order, result in results.items()
                },
            }
        )
    )


def shuffled_holes(root: Path, count: int, files: int) -> list[Case]:
    """Holes of the files that have the most, in no order."""
    by_file: dict[str, list[Case]] = {}
    for case in RepositoryHoles((root,), ("attribute",), None).cases():
        by_file.setdefault(case.path, []).append(case)
    largest = sorted(by_file.values(), key=len, reverse=True)[:files]
    chance = random.Random(7)
    cases = [case for cases in largest for case in chance.sample(cases, min(len(cases), count // files))]
    chance.shuffle(cases)
    return cases


@dataclass(frozen=True, slots=True)
class Measured:
    cases_per_minute: float
    prefilled: int
    prompts: Sequence[tuple[int, ...]]
    answers: dict[str, str]

    @property
    def total(self) -> int:
        return sum(map(len, self.prompts))


def measure(named: Named, cases: Sequence[Case], order: str) -> Measured:
    """A run of all cases with an engine that has seen none of them."""
    engines: list[CountingEngine] = []

    def loader(options: Options) -> Engine:
        engines.append(CountingEngine(load_engine_from_store(options)))
        return engines[0]

    pool = LocalPool(WorkerSetup("repo", "cpu", loader=loader))
    order_of(pool, OrderTask(named.configuration, cases[:1]))  # loads the model
    started = time.perf_counter()
    places: Iterable[int] = range(len(cases))
    if order == "shared-prefix":
        places = order_of(pool, OrderTask(named.configuration, cases))
    rows = list(rows_of(pool, [[AnswerTask(named, cases[place]) for place in places]]))
    minutes = (time.perf_counter() - started) / 60
    prompts = [prompt_for(case, named.configuration, engines[0].vocabulary).token_ids for case in cases]
    pool.close()
    answers = {row.case: row.samples[0].text for row in rows}
    return Measured(len(rows) / minutes, engines[0].prefilled, prompts, answers)


def distinct_tokens(prompts: Sequence[tuple[int, ...]]) -> int:
    """The number of nodes in the tree of all prompts; each prompt's last token is always run."""
    seen = {prompt[:length] for prompt in prompts for length in range(1, len(prompt))}
    return len(seen) + len(prompts)


if __name__ == "__main__":
    main()
