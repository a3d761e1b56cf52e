"""Kill a run at random moments and resume it each time; compare it with the same run left alone.

``python -P benchmarks/evaluation_kills.py [--kills N] [--seed N] ARGUMENT…``. The arguments are those of
``holesmith eval`` without ``--out``, with ``--`` before them; by default they run a part of the suite ``own``
with the real model. Each kill is a SIGKILL to the whole command, some rows after it began. The rows of both
runs must be equal except for their times. The last line is one JSON object.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from holesmith.evaluation.runs.run_folder import ROWS_NAME, read_rows

DEFAULT = ("own", "--no-context", "--no-monitor", "--max-tokens", "16")
# A row takes a second or so; the model's start ten.
WAIT_S_MAX = 300.0


def command(arguments: Sequence[str], folder: Path) -> list[str]:
    console_script = Path(sys.executable).with_name("holesmith")
    return [str(console_script), "eval", *arguments, "--out", str(folder)]


def lines_in(folder: Path) -> int:
    rows = folder / ROWS_NAME
    return rows.read_bytes().count(b"\n") if rows.exists() else 0


def run_until(arguments: Sequence[str], folder: Path, rows: int) -> None:
    """Kill the command, and what it started, as soon as there are so many rows."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command(arguments, folder), stdout=quiet, stderr=quiet, start_new_session=True)
    until = time.monotonic() + WAIT_S_MAX
    while process.poll() is None and lines_in(folder) < rows and time.monotonic() < until:
        time.sleep(0.005)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stable_rows(folder: Path) -> dict[str, dict[str, object]]:
    """By configuration and case, without what differs from run to run."""
    found: dict[str, dict[str, object]] = {}
    for row in read_rows(folder):
        fields = asdict(row)
        del fields["timings_ms"]
        key = " ".join(row.key)
        assert key not in found, f"twice: {key}"
        found[key] = fields
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("arguments", nargs="*", default=DEFAULT)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        whole, killed = Path(temporary, "whole"), Path(temporary, "killed")
        subprocess.run(command(arguments.arguments, whole), check=True, capture_output=True)
        total = lines_in(whole)
        moments = sorted(chance.sample(range(1, total), min(arguments.kills, total - 1)))
        left: list[int] = []
        for moment in moments:
            run_until(arguments.arguments, killed, moment)
            left.append(lines_in(killed))
        subprocess.run(command(arguments.arguments, killed), check=True, capture_output=True)
        first, second = stable_rows(whole), stable_rows(killed)
    different = sorted(key for key in {*first, *second} if first.get(key) != second.get(key))
    print(f"{total} rows; killed when there were {', '.join(map(str, left))}")
    print(f"missing {len(first.keys() - second.keys())}, too many {len(second.keys() - first.keys())}")
    for key in different:
        print(f"different: {key}")
    print(json.dumps({"rows": total, "kills": len(left), "different": len(different)}))


if __name__ == "__main__":
    main()
