"""Measure how long a user waits for the first suggestion, with and without compiled kernels.

    .venv/bin/python -P benchmarks/first_use.py [CHECKOUT ...] [--runs N] [--keep FOLDER]

Each CHECKOUT (this one unless said otherwise) has a ``.venv`` of its own. Its real language server is started
on the example repository with the default model, whose weights are packed before; a document is opened when
the model is loaded, and one suggestion asked for at once. ``fresh`` runs find no compiled kernels, ``warm``
runs do. Checkouts and kinds take turns, since the machine may be busy with other things. The last line is one
JSON object.
"""

import argparse
import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "cli" / "example"
HOLE = "        book = self.catalogue."
KINDS = "fresh", "warm"
TIMES = "ready_s", "suggestion_s", "start_to_suggestion_s", "second_suggestion_s", "server_cpu_s"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the wait for the first suggestion.")
    parser.add_argument("checkouts", type=Path, nargs="*", metavar="CHECKOUT", default=[ROOT])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="keeps packed weights for another call")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = arguments.keep or Path(folder)
        caches = {checkout: kept / str(at) for at, checkout in enumerate(arguments.checkouts)}
        for checkout, cache in caches.items():
            if not cache.exists():
                measure(checkout, cache)  # packs the weights and compiles
        rows = [
            {"checkout": str(checkout), "kind": kind, **measure(checkout, cache, kind)}
            for _ in range(arguments.runs)
            for kind in KINDS
            for checkout, cache in caches.items()
        ]
    print(json.dumps({"runs": rows, "medians": medians(rows)}))


def measure(checkout: Path, cache: Path, kind: str = "warm") -> dict[str, Any]:
    os.environ["HOLESMITH_CACHE"] = str(cache)
    command = str(checkout / ".venv" / "bin" / "holesmith")
    if kind == "fresh":
        forget_kernels(checkout, cache)
    else:  # compiles at its end, where this version does
        subprocess.run([command, "model", "pull"], check=True, capture_output=True)
    row = asyncio.run(first_suggestion(command))
    print(checkout, kind, row, flush=True)
    return row


def forget_kernels(checkout: Path, cache: Path) -> None:
    """Also where earlier versions kept them: beside the sources."""
    shutil.rmtree(cache / "kernels", ignore_errors=True)
    for kept in (checkout / "kernels").rglob("*.nb?"):
        kept.unlink()


async def first_suggestion(command: str) -> dict[str, Any]:
    path = EXAMPLE / "bookshop" / "basket.py"
    text = path.read_text()
    offset = text.index(HOLE) + len(HOLE)
    text = text[:offset] + text[text.index("\n", offset) :]
    line, column = text[:offset].count("\n"), offset - text.rfind("\n", 0, offset) - 1
    row: dict[str, Any] = {"load_average": round(os.getloadavg()[0], 1)}
    began = perf_counter()
    opening = load_test_client().session(command=(command, "lsp"), folders=(EXAMPLE.as_uri(),), ready=False)
    async with opening as opened:
        status = await opened.status_with(health="ready")
        ready = perf_counter()
        opened.open(text, path.as_uri())
        await asked(opened, path, line, column)
        shown = perf_counter()
        await asked(opened, path, line, column - 1)
        row["second_suggestion_s"] = perf_counter() - shown
        row["server_cpu_s"] = cpu_seconds(status["process_id"])
    row |= {
        "ready_s": ready - began,
        "suggestion_s": shown - ready,
        "start_to_suggestion_s": shown - began,
    }
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()}


async def asked(opened: Any, path: Path, line: int, column: int) -> None:
    answer = await opened.ask_inline(line, column, path.as_uri(), invoked=True)
    assert answer is not None


def cpu_seconds(process: int) -> float:
    """What the server itself has computed, without its children."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load_test_client() -> ModuleType:
    """The session of the end-to-end tests, from its file: the repository's root must not be on the path."""
    if "client" in sys.modules:
        return sys.modules["client"]
    spec = importlib.util.spec_from_file_location("client", ROOT / "tests" / "e2e" / "client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["client"] = module
    spec.loader.exec_module(module)
    return module


def medians(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["checkout"], row["kind"]), []).append(row)
    return [
        {"checkout": checkout, "kind": kind, **{name: median(row[name] for row in found) for name in TIMES}}
        for (checkout, kind), found in groups.items()
    ]


if __name__ == "__main__":
    main()
