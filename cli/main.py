"""The command ``holesmith``: run a subcommand, and report a failure in one line on standard error.

Exit status: 0 for success, 1 for a failure, 2 for wrong usage, 130 when interrupted.
"""

import os
import sys

from holesmith.cli.search_path import leave_out_user_entries

leave_out_user_entries()

# Before the call above, these modules could be imported from the workspace.
import argparse  # noqa: E402
import importlib  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from importlib.metadata import version  # noqa: E402

from holesmith.cli.command import add_verbs  # noqa: E402
from holesmith.cli.errors import CommandError  # noqa: E402
from holesmith.cli.visible_output import visible_output  # noqa: E402
from holesmith.engine.errors import EngineError  # noqa: E402

# The commands in the order of the help text. Each is a module here that has add_parser(subparsers).
COMMANDS = ("complete", "eval", "lsp", "index", "model", "doctor", "demo", "uninstall")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status."""
    # OpenMP reads this when torch is imported, which no command has done yet. Without it threads that wait
    # for work spin, and take cores that other programs and the model need.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with visible_output():
        return run(parser().parse_args(arguments))


def run(parsed: argparse.Namespace) -> int:
    try:
        return parsed.run(parsed)
    except (EngineError, CommandError) as error:
        print(f"holesmith: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output is gone. Without this Python would report the closed pipe again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="holesmith", description="Local code completion that treats the cursor as a typed hole."
    )
    top.add_argument("--version", action="version", version=f"holesmith {version('holesmith')}")
    subparsers = add_verbs(top, title="commands", metavar="COMMAND")
    for command in COMMANDS:
        importlib.import_module(f"holesmith.cli.{command}").add_parser(subparsers)
    return top
