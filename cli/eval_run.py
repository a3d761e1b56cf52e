"""Run ``holesmith eval``: the runs, reports and comparisons.

The parser is in another module, so that other commands need not import the libraries of evaluation.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NoReturn, cast

from holesmith.cli.visible_output import bare
from holesmith.completion.visible_text import visible
from holesmith.evaluation.configuration import PAPER_TEMPERATURES, Configuration, Named, grid_of
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.reports.comparison import comparison_text
from holesmith.evaluation.reports.reporting import compare, summarise, write_reports
from holesmith.evaluation.reports.summary import summary_text
from holesmith.evaluation.row import Row
from holesmith.evaluation.run_record import resolved_model, run_record
from holesmith.evaluation.runs.pool import LocalPool, Pool, ProcessPool
from holesmith.evaluation.runs.run import Run
from holesmith.evaluation.runs.run_folder import MADE_KEY, RunFolder
from holesmith.evaluation.runs.worker import WorkerSetup
from holesmith.evaluation.suites.open_suite import SUITES, SuiteOpener
from holesmith.evaluation.suites.suite import Chosen, Suite
from tqdm import tqdm


def run_suite(arguments: argparse.Namespace) -> int:
    opener = SUITES[arguments.suite]
    suite = opener.open(arguments)
    chosen = Chosen(suite, arguments.limit, arguments.sample, arguments.seed)
    configurations = grid_of(configuration_of_arguments(arguments), arguments.grid)
    plan = {**plan_of(arguments, opener, configurations), MADE_KEY: made_with(arguments, configurations)}
    folder = arguments.out or Path("eval-runs", arguments.suite)
    with RunFolder(folder, plan) as opened:
        check_first(suite)
        pool = pool_of(arguments, opener)
        try:
            with progress_bar(chosen, configurations, opened) as bar:
                Run(chosen.cases, configurations, arguments.order).execute(pool, opened, shown_on(bar))
        finally:
            pool.close()
    finish(folder, as_json=arguments.json)
    return 0


def configuration_of_arguments(arguments: argparse.Namespace) -> Configuration:
    start = Configuration(
        model=arguments.model,
        weights=arguments.weights,
        mode=arguments.mode,
        context=not arguments.no_context,
        monitor=not arguments.no_monitor,
        healing=not arguments.no_healing,
        tokens_max=arguments.max_tokens,
        prompt_tokens_max=arguments.prompt_tokens,
        suffix_tokens_max=arguments.suffix_tokens,
        window_step=arguments.window_step,
        passages=arguments.passages,
        passage_tokens=arguments.passage_tokens,
        seed=arguments.seed,
    )
    temperatures = temperatures_of(arguments.temperatures)
    top_p = arguments.top_p or (0.95 if arguments.temperatures == "paper" else 1.0)
    return replace(start, temperatures=temperatures, top_p=top_p)


def temperatures_of(text: str | None) -> tuple[float, ...]:
    if text is None:
        return (0.0,)
    if text == "paper":
        return PAPER_TEMPERATURES
    try:
        temperatures = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise EvaluationError(f"--temperatures {text}: give numbers separated by commas, or paper") from None
    if not all(0 <= temperature <= 2 for temperature in temperatures):
        raise EvaluationError(f"--temperatures {text}: each must be from 0 to 2")
    return temperatures


def plan_of(
    arguments: argparse.Namespace, opener: SuiteOpener, configurations: Sequence[Named]
) -> dict[str, object]:
    """All that the rows of a run depend on. A run is only resumed if its folder has the same plan."""
    return {
        "suite": arguments.suite,
        "data": {name: as_plain(getattr(arguments, name)) for name in opener.argument_names},
        "limit": arguments.limit,
        "sample": arguments.sample,
        "seed": arguments.seed,
        "checker": arguments.checker,
        "likelihood": arguments.likelihood,
        "order": arguments.order,
        "configurations": {named.name: named.configuration.as_json() for named in configurations},
    }


def made_with(arguments: argparse.Namespace, configurations: Sequence[Named]) -> dict[str, object]:
    """A record of the software, machine and models of a run. On a Ray cluster, workers choose the model."""
    models = {named.configuration.model for named in configurations}
    device = None if arguments.ray else arguments.device.split(",")[0]
    return asdict(run_record({resolved_model(model, device) for model in models}))


def as_plain(value: object) -> object:
    if isinstance(value, list):
        return [as_plain(item) for item in cast("list[object]", value)]
    return str(value.absolute()) if isinstance(value, Path) else value


def check_first(suite: Suite) -> None:
    """Raise EvaluationError if the suite has no case, before a model is loaded for it."""
    if next(iter(suite.cases()), None) is None:
        raise EvaluationError("the suite has no cases; check the options of the suite")


def pool_of(arguments: argparse.Namespace, opener: SuiteOpener) -> Pool:
    devices = [device for device in arguments.device.split(",") for _ in range(arguments.workers)]
    setups = [
        WorkerSetup(arguments.suite, device, arguments.checker, opener.check_metric, arguments.likelihood)
        for device in devices
    ]
    if arguments.ray:
        from holesmith.evaluation.runs.ray_pool import RayPool

        return RayPool(arguments.ray, setups[0], len(setups), arguments.ray_gpus)
    return ProcessPool(setups) if len(setups) > 1 else LocalPool(setups[0])


def progress_bar(chosen: Chosen, configurations: Sequence[Named], folder: RunFolder) -> "tqdm[NoReturn]":
    count = chosen.count_max
    total = None if count is None else count * len(configurations)
    done, out = len(folder.done), bare(sys.stderr)
    return tqdm(total=total, initial=done, unit="case", disable=None, smoothing=0.05, file=out)


def shown_on(bar: "tqdm[NoReturn]") -> Callable[[Row], None]:
    def show(row: Row) -> None:
        bar.update()
        if row.error is not None:
            bar.write(visible(f"holesmith: {row.case}: {row.error}"), file=bare(sys.stderr))

    return show


def finish(folder: Path, *, as_json: bool) -> None:
    summary = summarise(folder)
    table = summary_text(summary)
    write_reports(folder, table, summary)
    print(json.dumps(summary.as_json(), ensure_ascii=False) if as_json else f"{table}\n{folder}/report.html")


def run_report(arguments: argparse.Namespace) -> int:
    finish(arguments.folder, as_json=False)
    return 0


def run_compare(arguments: argparse.Namespace) -> int:
    differences = compare(arguments.first, arguments.second)
    if arguments.json:
        print(json.dumps([asdict(difference) for difference in differences], ensure_ascii=False))
        return 0
    print(comparison_text(differences))
    return 0
