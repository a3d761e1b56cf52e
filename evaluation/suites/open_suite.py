"""The suites by name: their command-line arguments, the opening of each, and its default settings.

A suite's own module is imported when the suite is opened, because every command's help reads this module.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from holesmith.evaluation.configuration import Configuration
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.suites.hole_kind import HOLE_KINDS, HoleKind

if TYPE_CHECKING:
    from holesmith.evaluation.suites.suite import Suite


@dataclass(frozen=True, slots=True)
class SuiteOpener:
    """The way to open one suite.

    ``defaults`` are the published settings if there are any. ``argument_names`` are the arguments that decide
    which cases there are. ``check_metric`` is the name of the metric that ``--checker`` measures.
    """

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    open: "Callable[[argparse.Namespace], Suite]"
    argument_names: tuple[str, ...]
    defaults: Configuration
    check_metric: str = "type_checks"


def _add_stack_repo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder that holds data/")
    parser.add_argument(
        "--split", choices=("train", "val", "test"), default="test", help="the split of the data set"
    )
    parser.add_argument(
        "--contexts",
        choices=("PP", "bm25", "randomNN"),
        default="PP",
        help="the published contexts of each hole: prompt proposals, BM25 or random",
    )


def _open_stack_repo(arguments: argparse.Namespace) -> "Suite":
    from holesmith.evaluation.suites.stack_repo import StackRepo

    return StackRepo(arguments.data, arguments.split, arguments.contexts)


def _add_dotprompts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with dataset.csv")
    parser.add_argument("--index", type=Path, metavar="FILE", help="another index, as .csv or .jsonl")
    parser.add_argument(
        "--texts", type=Path, metavar="PATH", help="fileContentsByRepo.json, or a folder of checkouts"
    )
    parser.add_argument(
        "--only-present", action="store_true", help="leave out repositories whose files are missing"
    )


def _open_dotprompts(arguments: argparse.Namespace) -> "Suite":
    from holesmith.evaluation.suites.dotprompts import DotPrompts, open_texts

    folder: Path = arguments.data
    packed = folder / "fileContentsByRepo.json"
    texts = arguments.texts or (packed if packed.is_file() else folder)
    return DotPrompts(arguments.index or folder / "dataset.csv", open_texts(texts), arguments.only_present)


def _add_apieval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="the rows as JSON lines")
    parser.add_argument(
        "--repositories", type=Path, required=True, metavar="DIR", help="the folder of the repositories"
    )
    parser.add_argument(
        "--task",
        choices=("token", "conversation"),
        default="token",
        help="the name behind a dot, or the API that does what a sentence asks for",
    )
    parser.add_argument(
        "--candidates", type=int, default=10, metavar="N", help="the APIs that are retrieved for a request"
    )


def _open_apieval(arguments: argparse.Namespace) -> "Suite":
    from holesmith.evaluation.suites.apieval import ApiConversations, ApiTokens

    if arguments.task == "conversation":
        return ApiConversations(arguments.data, arguments.repositories, arguments.candidates)
    return ApiTokens(arguments.data, arguments.repositories)


def _add_humaneval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="the rows as JSON lines")
    parser.add_argument(
        "--whole-lines", action="store_true", help="put the line breaks around the holes back"
    )


def _open_humaneval(arguments: argparse.Namespace) -> "Suite":
    from holesmith.evaluation.suites.humaneval_fim import HumanEvalFIM

    return HumanEvalFIM(arguments.data, arguments.whole_lines)


def _add_repository(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("roots", type=Path, nargs="+", metavar="DIR", help="the repositories")
    parser.add_argument("--kinds", default=",".join(HOLE_KINDS), help="kinds of holes, separated by commas")
    parser.add_argument(
        "--per-kind",
        type=int,
        default=40,
        metavar="N",
        help="the most holes of each kind in each DIR; 0 means all",
    )
    parser.add_argument("--language", metavar="L", help="only files of this language, such as python")


def _open_repository(arguments: argparse.Namespace) -> "Suite":
    from holesmith.evaluation.suites.repository_holes import RepositoryHoles

    kinds: list[HoleKind] = [kind for kind in HOLE_KINDS if kind in arguments.kinds.split(",")]
    if len(kinds) != len(arguments.kinds.split(",")):
        raise EvaluationError(f"--kinds {arguments.kinds}: use some of {', '.join(HOLE_KINDS)}")
    return RepositoryHoles(
        arguments.roots, kinds, arguments.per_kind or None, arguments.seed, arguments.language
    )


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    del parser


def _open_own(arguments: argparse.Namespace) -> "Suite":
    from holesmith.evaluation.suites.own_suite import OwnSuite

    del arguments
    return OwnSuite()


SUITES: Mapping[str, SuiteOpener] = {
    "stack-repo": SuiteOpener(
        "RepoFusion's data set, in its published layout",
        _add_stack_repo,
        _open_stack_repo,
        ("data", "split", "contexts"),
        Configuration(mode="post+prior", tokens_max=128, prompt_tokens_max=2048),
    ),
    "dotprompts": SuiteOpener(
        "the data set of the monitors paper",
        _add_dotprompts,
        _open_dotprompts,
        ("data", "index", "texts", "only_present"),
        Configuration(mode="prior", tokens_max=512, prompt_tokens_max=1536),
        check_metric="compiles",
    ),
    "apieval": SuiteOpener(
        "API completion in the shape of LANCE's tasks (APIEval-style)",
        _add_apieval,
        _open_apieval,
        ("data", "repositories", "task", "candidates"),
        Configuration(tokens_max=16),
    ),
    "humaneval-fim": SuiteOpener(
        "single lines of HumanEval in three languages",
        _add_humaneval,
        _open_humaneval,
        ("data", "whole_lines"),
        Configuration(mode="post+prior", tokens_max=64, prompt_tokens_max=1984, suffix_tokens_max=512),
    ),
    "repo": SuiteOpener(
        "holes cut from your own repositories",
        _add_repository,
        _open_repository,
        ("roots", "kinds", "per_kind", "language"),
        Configuration(),
    ),
    "own": SuiteOpener(
        "the small suite that comes with the program", _add_nothing, _open_own, (), Configuration()
    ),
}
