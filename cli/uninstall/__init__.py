"""``holesmith uninstall``: show and remove the files that Holesmith keeps outside of its installation."""

import argparse
import sys

from holesmith.cli.command import Subparsers
from holesmith.cli.errors import CommandError
from holesmith.cli.uninstall.editor_pieces import find_leftovers
from holesmith.cli.uninstall.kept_files import find_kept
from holesmith.cli.uninstall.removal import remove
from holesmith.engine.store.staging import gigabytes


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "uninstall", help="remove models, caches and all other files that Holesmith keeps"
    )
    parser.add_argument("--dry-run", action="store_true", help="only list the files and their sizes")
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    kept = list(find_kept())
    for entry in kept:
        note = f"  (not removed: {entry.refusal})" if entry.refusal else ""
        print(f"{size(entry.bytes):>9}  {entry.kind:16}  {entry.path}{note}")
    removable = [entry for entry in kept if not entry.refusal]
    if not removable:
        print("there is nothing to remove")
    elif not arguments.dry_run:
        total = size(sum(entry.bytes for entry in removable))
        if not (arguments.yes or is_confirmed(total)):
            return 1
        report(remove(removable), total)
    print_leftovers()
    return 0


def is_confirmed(total: str) -> bool:
    """Ask the user. Raises CommandError if standard input is no terminal."""
    if not sys.stdin.isatty():
        raise CommandError(f"add --yes to remove {total} without being asked")
    try:
        answer = input(f"Remove all of this ({total})? [y/N] ")
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")


def report(failures: list[str], total: str) -> None:
    """Print the result. Raises CommandError if something could not be removed."""
    for failure in failures:
        print(failure, file=sys.stderr)
    if failures:
        raise CommandError(f"could not remove {len(failures)} of these files; see above")
    print(f"removed {total}")


def print_leftovers() -> None:
    """Print what other tools have installed, and how to remove it."""
    for leftover in find_leftovers():
        print(f"{leftover.what}: {leftover.remedy}")


def size(size_bytes: int) -> str:
    """A size as text, such as "0.49 GB", "6.0 MB" or "1.2 kB"."""
    if size_bytes >= 100_000_000:
        return gigabytes(size_bytes)
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.1f} kB"
