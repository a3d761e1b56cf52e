"""Run ``holesmith eval build``: make rows of a suite from the user's own repositories."""

import argparse
import json
import sys

from holesmith.cli.visible_output import bare
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.run_folder import write_whole
from holesmith.evaluation.suites.apieval_building import conversation_rows, repositories_in, token_rows
from holesmith.evaluation.suites.stack_repo_building import Building
from tqdm import tqdm


def run_stack_repo(arguments: argparse.Namespace) -> int:
    building = Building(
        arguments.source, arguments.out, arguments.split, arguments.per_repository, arguments.seed
    )
    with tqdm(unit="hole", disable=None, file=bare(sys.stderr)) as bar:

        def show() -> None:
            bar.update()

        counts = building.build(show)
    for repository, count in counts.items():
        print(f"{repository}: {count} holes")
    return 0


def run_apieval(arguments: argparse.Namespace) -> int:
    make_rows = token_rows if arguments.task == "token" else conversation_rows
    lines: list[str] = []
    repositories = repositories_in(arguments.source)
    for repository in tqdm(repositories, unit="repository", disable=None, file=bare(sys.stderr)):
        lines += [json.dumps(row, ensure_ascii=False) + "\n" for row in make_rows(repository)]
    if not lines:
        raise EvaluationError(f"{arguments.source}: no rows can be made from the Python files in it")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(arguments.out, "".join(lines))
    print(f"{len(lines)} rows in {arguments.out}")
    return 0
