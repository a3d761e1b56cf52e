"""``holesmith eval``: run a suite, compare two runs, write the report of a run, build rows of a suite."""

import argparse
from pathlib import Path
from typing import get_args

from holesmith.cli.command import Subparsers
from holesmith.cli.complete import positive
from holesmith.cli.model_argument import model_argument
from holesmith.completion.options import WeightForm
from holesmith.evaluation.configuration import MODES
from holesmith.evaluation.suites.open_suite import SUITES, SuiteOpener


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("eval", help="evaluate completion on data sets, and compare runs")
    verbs = parser.add_subparsers(title="suites and verbs", metavar="SUITE", required=True)
    for name, opener in SUITES.items():
        suite = verbs.add_parser(name, help=opener.help)
        opener.add_arguments(suite)
        add_run_arguments(suite, opener)
        suite.set_defaults(run=run_suite, suite=name)
    add_build_parser(verbs)
    comparing = verbs.add_parser("compare", help="the paired difference of two runs, second minus first")
    comparing.add_argument("first", type=Path, metavar="A", help="the folder of a run")
    comparing.add_argument("second", type=Path, metavar="B")
    comparing.add_argument("--json", action="store_true", help="print one JSON list")
    comparing.set_defaults(run=run_compare)
    reporting = verbs.add_parser("report", help="write the tables and the page of a run again")
    reporting.add_argument("folder", type=Path, metavar="RUN")
    reporting.set_defaults(run=run_report, json=False)


def add_build_parser(verbs: Subparsers) -> None:
    building = verbs.add_parser("build", help="make rows of a suite from repositories of yours")
    which = building.add_subparsers(title="suites", metavar="SUITE", required=True)
    stack_repo = which.add_parser("stack-repo", help="holes with the 63 prompt proposals, and with BM25")
    stack_repo.add_argument("source", type=Path, metavar="DIR", help="a folder of OWNER/REPOSITORY folders")
    stack_repo.add_argument("--out", type=Path, required=True, metavar="DIR")
    stack_repo.add_argument("--split", choices=("train", "val", "test"), default="test")
    stack_repo.add_argument("--per-repository", type=positive, default=10_000, metavar="N")
    stack_repo.add_argument("--seed", type=int, default=9)
    stack_repo.set_defaults(run=run_build_stack_repo)
    apieval = which.add_parser("apieval", help="rows of both tasks, from Python repositories")
    apieval.add_argument("source", type=Path, metavar="DIR", help="a folder of repositories")
    apieval.add_argument("--out", type=Path, required=True, metavar="FILE")
    apieval.add_argument("--task", choices=("token", "conversation"), default="token")
    apieval.set_defaults(run=run_build_apieval)


def add_run_arguments(parser: argparse.ArgumentParser, opener: SuiteOpener) -> None:
    defaults = opener.defaults
    what = parser.add_argument_group("what to run")
    what.add_argument("--limit", type=positive, metavar="N", help="the first N cases")
    what.add_argument("--sample", type=positive, metavar="N", help="N cases drawn at random by --seed")
    what.add_argument(
        "--model",
        type=model_argument,
        metavar="M",
        help="a name of `model list`, a .gguf file or a directory",
    )
    what.add_argument("--weights", choices=get_args(WeightForm), default=defaults.weights)
    what.add_argument("--mode", choices=MODES, default=defaults.mode, help="how the prompt is made")
    what.add_argument("--no-context", action="store_true", help="pipeline: only the file in the prompt")
    what.add_argument("--no-monitor", action="store_true", help="pipeline: let the model decode unguided")
    what.add_argument("--no-healing", action="store_true", help="other modes: leave half-typed tokens alone")
    what.add_argument("--max-tokens", type=positive, default=defaults.tokens_max, metavar="N")
    what.add_argument("--prompt-tokens", type=positive, default=defaults.prompt_tokens_max, metavar="N")
    what.add_argument("--suffix-tokens", type=positive, default=defaults.suffix_tokens_max, metavar="N")
    what.add_argument("--window-step", type=positive, default=defaults.window_step, metavar="N")
    what.add_argument("--passages", type=positive, default=defaults.passages, metavar="N")
    what.add_argument("--passage-tokens", type=positive, default=defaults.passage_tokens, metavar="N")
    what.add_argument("--temperatures", metavar="T,…", help='one sample each; "paper" for the six of MGD')
    what.add_argument("--top-p", type=float, default=None, metavar="P", help="default 1, with paper 0.95")
    what.add_argument("--seed", type=int, default=0)
    what.add_argument("--grid", action="append", default=[], metavar="KEY=V,…", help="all combinations")
    what.add_argument("--checker", metavar="COMMAND", help="run on each answer's {file}, in a copy")
    what.add_argument(
        "--likelihood", action="store_true", help="also ask how likely the model takes the truth"
    )
    how = parser.add_argument_group("how to run it")
    how.add_argument("--out", type=Path, metavar="DIR", help="the run's folder; one begun there is resumed")
    how.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N; several with commas")
    how.add_argument("--workers", type=positive, default=1, metavar="N", help="processes on each device")
    how.add_argument("--ray", metavar="ADDRESS", help="run the workers on this Ray cluster")
    how.add_argument("--ray-gpus", type=float, default=1.0, metavar="X", help="GPUs of each worker there")
    how.add_argument("--order", choices=("shared-prefix", "first-come"), default="shared-prefix")
    how.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def run_suite(arguments: argparse.Namespace) -> int:
    from holesmith.cli import eval_run

    return eval_run.run_suite(arguments)


def run_report(arguments: argparse.Namespace) -> int:
    from holesmith.cli import eval_run

    return eval_run.run_report(arguments)


def run_compare(arguments: argparse.Namespace) -> int:
    from holesmith.cli import eval_run

    return eval_run.run_compare(arguments)


def run_build_stack_repo(arguments: argparse.Namespace) -> int:
    from holesmith.cli import eval_build

    return eval_build.run_stack_repo(arguments)


def run_build_apieval(arguments: argparse.Namespace) -> int:
    from holesmith.cli import eval_build

    return eval_build.run_apieval(arguments)
