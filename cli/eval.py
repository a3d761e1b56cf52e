"""``holesmith eval``: run a suite, compare two runs, write the report of a run, build rows of a suite."""

import argparse
from pathlib import Path
from typing import get_args

from holesmith.cli.command import Subparsers, add_verbs
from holesmith.cli.complete import positive
from holesmith.cli.model_argument import model_argument
from holesmith.completion.options import WeightForm
from holesmith.evaluation.configuration import MODES
from holesmith.evaluation.suites.open_suite import SUITES, SuiteOpener


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("eval", help="evaluate completion on data sets, and compare runs")
    verbs = add_verbs(parser, title="suites and verbs", metavar="SUITE")
    for name, opener in SUITES.items():
        suite = verbs.add_parser(name, help=opener.help)
        opener.add_arguments(suite)
        add_run_arguments(suite, opener)
        suite.set_defaults(run=run_suite, suite=name)
    add_build_parser(verbs)
    comparing = verbs.add_parser("compare", help="the paired difference of two runs, second minus first")
    comparing.add_argument("first", type=Path, metavar="A", help="the folder of the first run")
    comparing.add_argument("second", type=Path, metavar="B", help="the folder of the second run")
    comparing.add_argument("--json", action="store_true", help="print one JSON list")
    comparing.set_defaults(run=run_compare)
    reporting = verbs.add_parser("report", help="write the tables and the page of a run again")
    reporting.add_argument("folder", type=Path, metavar="RUN", help="the folder of the run")
    reporting.set_defaults(run=run_report, json=False)


def add_build_parser(verbs: Subparsers) -> None:
    building = verbs.add_parser("build", help="make rows of a suite from your own repositories")
    which = add_verbs(building, title="suites", metavar="SUITE")
    stack_repo = which.add_parser("stack-repo", help="holes with the 63 prompt proposals, and with BM25")
    stack_repo.add_argument("source", type=Path, metavar="DIR", help="a folder of OWNER/REPOSITORY folders")
    stack_repo.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write the rows")
    stack_repo.add_argument(
        "--split", choices=("train", "val", "test"), default="test", help="the split that the rows belong to"
    )
    stack_repo.add_argument(
        "--per-repository",
        type=positive,
        default=10_000,
        metavar="N",
        help="the most holes of one repository",
    )
    stack_repo.add_argument("--seed", type=int, default=9, help="the seed of the random choice of holes")
    stack_repo.set_defaults(run=run_build_stack_repo)
    apieval = which.add_parser("apieval", help="rows of both tasks, from Python repositories")
    apieval.add_argument("source", type=Path, metavar="DIR", help="a folder of repositories")
    apieval.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    apieval.add_argument(
        "--task",
        choices=("token", "conversation"),
        default="token",
        help="the name behind a dot, or the API that does what a sentence asks for",
    )
    apieval.set_defaults(run=run_build_apieval)


def add_run_arguments(parser: argparse.ArgumentParser, opener: SuiteOpener) -> None:
    defaults = opener.defaults
    what = parser.add_argument_group("what to run")
    what.add_argument("--limit", type=positive, metavar="N", help="the first N cases")
    what.add_argument("--sample", type=positive, metavar="N", help="N random cases, chosen by --seed")
    what.add_argument(
        "--model",
        type=model_argument,
        metavar="M",
        help="a name from `model list`, a .gguf file or a directory; by default the device's model",
    )
    what.add_argument(
        "--weights",
        choices=get_args(WeightForm),
        default=defaults.weights,
        help="the number format of the weights on a GPU",
    )
    what.add_argument("--mode", choices=MODES, default=defaults.mode, help="how the prompt is built")
    what.add_argument("--no-context", action="store_true", help="pipeline: put only the file into the prompt")
    what.add_argument(
        "--no-monitor", action="store_true", help="pipeline: do not check names by static analysis"
    )
    what.add_argument("--no-healing", action="store_true", help="other modes: no token healing")
    for flag, default, meaning in (
        ("--max-tokens", defaults.tokens_max, "the longest completion, in tokens"),
        ("--prompt-tokens", defaults.prompt_tokens_max, "the longest prompt, in tokens"),
        ("--suffix-tokens", defaults.suffix_tokens_max, "the longest suffix in the prompt, in tokens"),
        ("--window-step", defaults.window_step, "the prompt begins at a multiple of N tokens of the file"),
        ("--passages", defaults.passages, "the most retrieved passages for a hole"),
        ("--passage-tokens", defaults.passage_tokens, "the longest retrieved passage, in tokens"),
    ):
        what.add_argument(flag, type=positive, default=default, metavar="N", help=meaning)
    what.add_argument(
        "--temperatures", metavar="T,…", help='one sample for each temperature; "paper" for the six of MGD'
    )
    what.add_argument(
        "--top-p", type=float, default=None, metavar="P", help="1 by default, 0.95 with --temperatures paper"
    )
    what.add_argument("--seed", type=int, default=0, help="the seed of all random choices")
    what.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="KEY=V,…",
        help="run every value of KEY; given again, every combination",
    )
    what.add_argument(
        "--checker",
        metavar="COMMAND",
        help="run COMMAND on each answer's {file}, in a copy of the repository",
    )
    what.add_argument(
        "--likelihood", action="store_true", help="also measure how likely the truth is to the model"
    )
    how = parser.add_argument_group("how to run it")
    how.add_argument("--out", type=Path, metavar="DIR", help="the folder of the run; a run there is resumed")
    how.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or cuda:N, or several of them, separated by commas"
    )
    how.add_argument("--workers", type=positive, default=1, metavar="N", help="processes on each device")
    how.add_argument("--ray", metavar="ADDRESS", help="run the workers on this Ray cluster")
    how.add_argument("--ray-gpus", type=float, default=1.0, metavar="X", help="GPUs of each Ray worker")
    how.add_argument(
        "--order",
        choices=("shared-prefix", "first-come"),
        default="shared-prefix",
        help="run prompts with a shared prefix together, or in the order of the suite",
    )
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
