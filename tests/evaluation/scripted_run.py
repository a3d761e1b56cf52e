"""A run with a scripted engine, as functions for tests and as a program that a test can kill.

The answers depend on the prompt alone, so every run of the same cases gives the same rows.
"""

import hashlib
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from holesmith.completion.options import Options
from holesmith.engine.interface import Engine
from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration, Named
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.pool import LocalPool
from holesmith.evaluation.runs.run import Order, Run
from holesmith.evaluation.runs.run_folder import RunFolder
from holesmith.evaluation.runs.worker import WorkerSetup

CONFIGURATIONS = (
    Named("prior", Configuration(mode="prior", tokens_max=24, prompt_tokens_max=200)),
    Named("fim", Configuration(mode="post+prior", tokens_max=24, prompt_tokens_max=200)),
    Named("pipeline", Configuration(tokens_max=24)),
    Named("sampled", Configuration(mode="prior", tokens_max=24, temperatures=(0.2, 0.8, 0.8))),
)
WORDS = ("price", "title", "add(book)", "find(isbn)", "clear()", "size")


def scripted_answer(prompt: str) -> str:
    digest = hashlib.sha256(prompt.encode()).digest()
    return f"{WORDS[digest[0] % len(WORDS)]}\nreturn"


def scripted_loader(options: Options) -> Engine:
    """FakeEngine lives in the folder of tests, which is a package for pytest only."""
    del options
    try:
        fakes: Any = importlib.import_module("tests.fakes")
    except ImportError:
        sys.path.insert(0, str(Path(__file__).parents[1]))
        fakes = importlib.import_module("fakes")
    return fakes.FakeEngine(scripted_answer)


def cases(count: int = 30) -> list[Case]:
    """Holes in a few files; those of one file share what stands before."""
    made: list[Case] = []
    for number in range(count):
        file = number % 4
        body = "".join(f"    item_{line} = shelf.{WORDS[line % 6]}\n" for line in range(number // 4))
        prefix = f"def stock_{file}(shelf):\n{body}    value = shelf."
        target = WORDS[number % len(WORDS)]
        made.append(
            Case(
                id=f"case {number}",
                repository="shop",
                path=f"stock_{file}.py",
                language="python",
                prefix=prefix,
                suffix="\n    return value\n",
                target=target,
                extent="line",
                slices={"kind": "call" if "(" in target else "name"},
            )
        )
    return made


def stable(row: Row) -> dict[str, object]:
    """A row without what differs from run to run: times, and what monitors did in them."""
    fields = asdict(row)
    del fields["timings_ms"], fields["prefilled_tokens"]
    for sample in fields["samples"]:
        del sample["monitors"]
    return fields


def execute(
    folder: Path,
    chosen: Sequence[Case] | None = None,
    order: Order = "shared-prefix",
    on_row: Callable[[Row], None] = lambda row: None,
) -> None:
    """Do, or go on with, the run in ``folder``."""
    chosen = cases() if chosen is None else chosen
    pool = LocalPool(WorkerSetup("repo", "cpu", loader=scripted_loader))
    try:
        with RunFolder(folder, {"suite": "repo", "order": order}) as opened:
            Run(lambda: iter(chosen), CONFIGURATIONS, order).execute(pool, opened, on_row)
    finally:
        pool.close()


if __name__ == "__main__":
    execute(Path(sys.argv[1]), on_row=lambda row: time.sleep(float(sys.argv[2])))
