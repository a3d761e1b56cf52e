"""``holesmith index``: build or update the index of a workspace, from which completion takes context."""

import argparse
import json
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path

from holesmith.cli.command import Subparsers
from holesmith.cli.errors import CommandError
from holesmith.cli.source_file import workspace_of
from holesmith.cli.visible_output import bare
from holesmith.context.index.build import BuildReport, Progress
from holesmith.context.index.location import database_of
from holesmith.context.index.process.foreground import index_now
from holesmith.context.index.schema import open_reader
from tqdm import tqdm


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("index", help="build or update the index of a repository")
    parser.add_argument(
        "directory",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="the repository; by default the one of the current folder",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    root: Path = arguments.directory or workspace_of(Path.cwd() / "x")
    if not root.is_dir():
        raise CommandError(f"{root}: no such folder")
    try:
        database = database_of(root)
        report, counts = build(root, database)
    except (OSError, sqlite3.Error) as error:
        raise CommandError(f"can't build the index of {root}: {error}") from error
    size = sum(path.stat().st_size for path in database.parent.glob(database.name + "*"))
    if arguments.json:
        print(
            json.dumps(
                {
                    "workspace": str(root.resolve()),
                    "index": str(database),
                    "bytes": size,
                    **counts,
                    **asdict(report),
                }
            )
        )
    else:
        print(summary(root, database, size, report, counts))
    return 0


def build(root: Path, database: Path) -> tuple[BuildReport, dict[str, int]]:
    """Build the index with a progress bar on standard error. Returns a report, and what the index holds."""
    with tqdm(desc="indexing", unit=" files", disable=None, file=bare(sys.stderr)) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.files_total
            bar.update(progress.files_done - bar.n)

        report = index_now(root, show)
    if report is None:
        raise CommandError(
            "another process is still building this index, or the index is too large; try again later"
        )
    connection = open_reader(database)
    try:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # fixed names
            for table in ("symbols", "chunks")
        }
    finally:
        connection.close()
    return report, counts


def summary(root: Path, database: Path, size: int, report: BuildReport, counts: dict[str, int]) -> str:
    skipped = sum(report.skipped.values())
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(report.skipped.items()))
    symbols, chunks = counts["symbols"], counts["chunks"]
    duration_s = report.duration_ms / 1000
    lines = [
        f"{root.resolve()}: {report.files:,} files, {symbols:,} symbols, {chunks:,} chunks",
        f"stored {report.stored:,} ({report.lines:,} lines), removed {report.removed:,}: {duration_s:.1f} s",
        f"index: {database} ({size / 1e6:.1f} MB)",
    ]
    return "\n".join(lines + ([f"left out: {skipped:,} ({reasons})"] if skipped else []))
