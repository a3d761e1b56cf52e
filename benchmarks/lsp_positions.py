"""Request completions in a real repository from the language server, with two clients that are not ours.

    .venv/bin/python benchmarks/lsp_positions.py DIR [--model M] [--positions N] [--seed N]

DIR holds Python sources. At each position the rest of the line is removed, as if it were being typed. The
table shows the true rest, the answers to the client of pytest-lsp and to VS Code's protocol library (in
Node), and the time from request to answer. Each client has a server of its own, one after the other. The last
line is one JSON object.
"""

import argparse
import asyncio
import importlib.util
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
MARKS = (".", "(", "= ", "return ")  # where the rest of a line is taken out: right behind one of these
REST_CHARACTERS = (4, 60)


@dataclass(frozen=True, slots=True)
class Site:
    """A line whose rest is to be written. ``line`` counts from 0, ``column`` in UTF-16 units."""

    path: Path
    text: str
    line: int
    column: int
    rest: str


@dataclass(frozen=True, slots=True)
class Outcome:
    text: str | None
    ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask the language server in a real repository.")
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--model")
    parser.add_argument("--positions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    settings: dict[str, Any] = {"inline": {"candidatesMax": 1}}
    settings |= {"model": arguments.model} if arguments.model else {}
    folder = arguments.directory.resolve()
    sites = choose_sites(folder, arguments.positions, arguments.seed)
    python = asyncio.run(ask_python_client(folder, sites, settings))
    node = ask_node_client(folder, sites, settings)
    print(table(folder, sites, python, node))
    print(json.dumps(summary(sites, python, node)))


def choose_sites(folder: Path, count: int, seed: int) -> list[Site]:
    """One site a file, in files and places drawn by the seed."""
    draw = random.Random(seed)
    files = sorted(path for path in folder.rglob("*.py") if path.stat().st_size < 200_000)
    draw.shuffle(files)
    drawn = (draw.choice(found) for path in files if (found := list(sites_in(path))))
    return [site for site, _ in zip(drawn, range(count), strict=False)]


def sites_in(path: Path) -> Iterator[Site]:
    lines = path.read_text("utf-8").split("\n")
    for number, line in enumerate(lines):
        if not line.lstrip() or line.lstrip().startswith(("#", '"', "'", "import ", "from ")):
            continue
        for mark in MARKS:
            column = line.find(mark) + len(mark)
            rest = line[column:]
            shortest, longest = REST_CHARACTERS
            if mark in line and shortest <= len(rest) <= longest:
                cut = [*lines[:number], line[:column], *lines[number + 1 :]]
                units = len(line[:column].encode("utf-16-le")) // 2
                yield Site(path, "\n".join(cut), number, units, rest)


async def ask_python_client(folder: Path, sites: list[Site], settings: dict[str, Any]) -> list[Outcome]:
    client = load_test_client()
    outcomes: list[Outcome] = []
    opening = client.session(settings, command=client.REAL_SERVER, folders=(folder.as_uri(),), ready=False)
    async with opening as opened:
        await opened.status_with(health="ready")
        for site in sites:
            uri = site.path.as_uri()
            opened.open(site.text, uri)
            started = perf_counter()
            answer = await opened.ask_inline(site.line, site.column, uri, invoked=True)
            text = answer.items[0].insert_text if answer.items else None
            outcomes.append(Outcome(text, (perf_counter() - started) * 1000))
    return outcomes


def load_test_client() -> ModuleType:
    """The session of the end-to-end tests, from its file: the repository's root must not be on the path."""
    spec = importlib.util.spec_from_file_location("client", ROOT / "tests" / "e2e" / "client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["client"] = module
    spec.loader.exec_module(module)
    return module


def ask_node_client(folder: Path, sites: list[Site], settings: dict[str, Any]) -> list[Outcome]:
    documents = [
        {
            "uri": site.path.as_uri(),
            "language": "python",
            "text": site.text,
            "position": {"line": site.line, "character": site.column},
        }
        for site in sites
    ]
    command = [str(Path(sys.executable).with_name("holesmith")), "lsp"]
    job = {"command": command, "folder": folder.as_uri(), "settings": settings, "documents": documents}
    run = [ROOT / "tests" / "e2e" / "node" / "run", "complete.mjs"]
    done = subprocess.run(run, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr.strip().splitlines()[-1])
    return [Outcome(answer["text"], answer["ms"]) for answer in json.loads(done.stdout)["answers"]]


def table(folder: Path, sites: list[Site], python: list[Outcome], node: list[Outcome]) -> str:
    rows = [
        "| # | place | true rest of the line | suggestion | Python, ms | Node, ms |",
        "|---|---|---|---|---|---|",
    ]
    for number, (site, ours, theirs) in enumerate(zip(sites, python, node, strict=True), 1):
        place = f"{site.path.relative_to(folder)}:{site.line + 1}"
        shown = code(ours.text) if ours.text == theirs.text else f"{code(ours.text)}; {code(theirs.text)}"
        rows.append(f"| {number} | {place} | {code(site.rest)} | {shown} | {ours.ms:.0f} | {theirs.ms:.0f} |")
    return "\n".join(rows)


def code(text: str | None) -> str:
    if text is None:
        return "none"
    line = text.replace("\n", "↵").replace("|", "¦").replace("`", "'")
    return f"`{line if len(line) <= 60 else line[:59] + '…'}`"


def summary(sites: list[Site], python: list[Outcome], node: list[Outcome]) -> dict[str, object]:
    """``exact`` counts suggestions whose first line is the true rest of the line."""
    pairs = list(zip(sites, python, strict=True))
    return {
        "positions": len(sites),
        "suggested": sum(ours.text is not None for ours in python),
        "exact": sum((ours.text or "").split("\n")[0].strip() == site.rest.strip() for site, ours in pairs),
        "same_in_both": sum(ours.text == theirs.text for ours, theirs in zip(python, node, strict=True)),
        "python_ms_median": round(median(outcome.ms for outcome in python)),
        "python_ms_max": round(max(outcome.ms for outcome in python)),
        "node_ms_median": round(median(outcome.ms for outcome in node)),
        "node_ms_max": round(max(outcome.ms for outcome in node)),
    }


if __name__ == "__main__":
    main()
