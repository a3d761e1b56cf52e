"""``holesmith doctor``: check this machine, and tell for each fault what to do."""

import argparse
import json
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Timer

from holesmith.cli.checks import machine_checks, model_checks, search_path_check, tool_checks
from holesmith.cli.checks.bundle import bundle, write_bundle
from holesmith.cli.checks.diagnosis import Check, Finding, diagnose
from holesmith.cli.command import Subparsers
from holesmith.cli.errors import CommandError
from holesmith.cli.model_argument import model_argument
from holesmith.cli.source_file import workspace_of

WAITING_SECONDS = 3.0
FIRST_TIME = " (the first time, code is compiled for this processor: up to a minute)"


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("doctor", help="check this machine, and say what to do about faults")
    parser.add_argument(
        "directory",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="the project to check; by default the current folder",
    )
    parser.add_argument(
        "--verify", action="store_true", help="compare the hashes of models, not only their sizes"
    )
    parser.add_argument("--model", type=model_argument, metavar="M", help="the model that completes a line")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument(
        "--bundle", type=Path, metavar="FILE", help="write a report for a bug report, without code"
    )
    parser.add_argument("--settings", type=Path, metavar="FILE", help="with --bundle: your settings as JSON")
    parser.add_argument("--log", type=Path, metavar="FILE", help="with --bundle: a log of the server")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run all checks and print them. Returns exit status 1 if one failed; warnings do not count."""
    if arguments.bundle is not None:
        return report(arguments)
    findings: list[Finding] = []
    for check in checks_of(arguments):
        with announced(check):
            finding = diagnose(check)
        findings.append(finding)
        if not arguments.json:
            print(in_lines(finding), flush=True)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    return 1 if any(finding.outcome == "failed" for finding in findings) else 0


@contextmanager
def announced(check: Check, after_seconds: float = WAITING_SECONDS) -> Generator[None]:
    """While the block runs the check: say so on standard error, if that takes longer than usual."""
    hint = FIRST_TIME if check.name == "completion" else ""
    timer = Timer(
        after_seconds, print, [f"still checking: {check.name}{hint}"], {"file": sys.stderr, "flush": True}
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def report(arguments: argparse.Namespace) -> int:
    """Write the file of ``--bundle``. It reports failed checks, and the command succeeds all the same."""
    if arguments.bundle.exists():
        raise CommandError(f"{arguments.bundle} exists already; name a new file")
    workspace = workspace_of((arguments.directory or Path.cwd()) / "x")
    findings = [diagnose(check) for check in checks_of(arguments)]
    write_bundle(arguments.bundle, list(bundle(findings, workspace, arguments.settings, arguments.log)))
    held = "versions, checks, names of variables, settings, log"
    print(f"{arguments.bundle}: {held}; read it before you send it")
    return 0


def checks_of(arguments: argparse.Namespace) -> Sequence[Check]:
    folder: Path = arguments.directory or Path.cwd()
    return all_checks(verify=arguments.verify, model=arguments.model, folder=folder)


def all_checks(*, verify: bool, model: str | None, folder: Path) -> Sequence[Check]:
    """All checks, each after those that it builds on: the first failure is the one to mend first."""
    return (
        Check("python", machine_checks.check_python),
        Check("python path", search_path_check.check_python_path),
        Check("packages", machine_checks.check_packages),
        Check("torch", machine_checks.check_torch),
        Check("processor", machine_checks.check_processor),
        Check("memory", machine_checks.check_memory),
        Check("cache directory", machine_checks.check_cache_directory),
        Check("index directory", machine_checks.check_index_directory),
        Check("model directory", machine_checks.check_model_directory),
        Check("models", partial(model_checks.check_models, verify=verify)),
        Check("grammars", tool_checks.check_grammars),
        Check("analysis", tool_checks.check_analysis),
        Check("environment", partial(tool_checks.check_environment, folder)),
        Check("git", partial(tool_checks.check_git, folder)),
        Check("editors", partial(tool_checks.check_editors, folder)),
        Check("completion", partial(model_checks.check_completion, model)),
    )


def in_lines(finding: Finding) -> str:
    line = f"{finding.outcome:8} {finding.name:16} {finding.detail}"
    return f"{line}\n{'':25} -> {finding.remedy}" if finding.remedy else line
