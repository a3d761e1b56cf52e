"""The type of the argument of ``add_parser``, which every command defines, and commands without a verb."""

import argparse
import sys
from functools import partial
from typing import NoReturn, TypeAlias

# argparse has no public name for what add_subparsers() returns, and it is generic for type checkers only.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def add_verbs(parser: argparse.ArgumentParser, *, title: str, metavar: str) -> Subparsers:
    """Add subcommands to a parser. Without one of them its help is printed, and the exit status is 2.

    ``argparse`` alone would only say that METAVAR is required, and not which there are.
    """
    parser.set_defaults(run=partial(_print_help, parser))
    return parser.add_subparsers(title=title, metavar=metavar)


def _print_help(parser: argparse.ArgumentParser, _: argparse.Namespace) -> NoReturn:
    parser.print_help(sys.stderr)
    raise SystemExit(2)
