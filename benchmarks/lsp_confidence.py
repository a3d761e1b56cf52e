"""Measure how well confidence tells useful suggestions: the table behind ``inline.confidenceMin``.

    python -P benchmarks/lsp_confidence.py ROWS.jsonl [DIRECTORY... --holes 100]

Each DIRECTORY is the source of one package, best released after the model was trained. At places where a user
may type, the rest of the line is removed; at half of them, also the lines below it in the same block, as if
the file were being written. The suggestion there is written to ROWS.jsonl, with the log-probability of each
of its tokens. A run that was stopped continues where it was. Then, and at once without a DIRECTORY, the rows
are read: for each way to combine the log-probabilities, the table tells how well it separates useful
suggestions from others, and what a threshold would hide. A suggestion is *useful* if at least half of it, to
the end of a word, is the true text. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import math
import os
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from holesmith.completion.finishing import completion_of
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.filters import objection_to
from holesmith.completion.postprocess.middle import Middle, Written, confidence_of
from holesmith.completion.preparation import first_look
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stage_timer import StageTimer
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.context.prompt.templates import template_for
from holesmith.engine.interface import Engine
from holesmith.engine.loading.load import load_engine
from holesmith.engine.store.store import find
from holesmith.evaluation.runs.repository_prompt import PatientRetrieval
from holesmith.system.private_files import CACHE_VARIABLE

FILE_BYTES = (1_500, 80_000)
PREFIX_LINES_MIN = 8
BELOW_LINES = (2, 8)
ANSWER_MS_MAX = 3_000.0
USEFUL_SHARE = 0.5
LIMITS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7)
_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Hole:
    """``text`` is without ``truth``, which stood at ``offset``."""

    path: Path
    text: str
    offset: int
    truth: str


@dataclass(frozen=True, slots=True)
class Row:
    """One place; ``shown`` is empty where nothing would be suggested, whatever the model's confidence.

    A token has its span, in characters from the cursor, and its log-probability.
    """

    package: str
    path: str
    offset: int
    truth: str
    shown: str
    tokens: tuple[tuple[int, int, float], ...]


Measure = Callable[[Row], float]


def logs_of(row: Row) -> list[float]:
    """Of the tokens right of the cursor; of one that begins left of it, if there is no other."""
    logs = [log for start, _, log in row.tokens if start >= 0]
    return logs or [log for _, _, log in row.tokens]


def first_line(row: Row) -> float:
    """What `Completion.confidence` is."""
    return confidence_of(row.shown, [Written(*token) for token in row.tokens])


# Each from 0 to 1.
MEASURES: Mapping[str, Measure] = {
    "geometric mean": lambda row: math.exp(sum(logs_of(row)) / len(logs_of(row))),
    "least likely token": lambda row: math.exp(min(logs_of(row))),
    "first token": lambda row: math.exp(logs_of(row)[0]),
    "first three tokens": lambda row: math.exp(sum(logs_of(row)[:3])),
    "first line": first_line,
    "whole text": lambda row: math.exp(sum(logs_of(row))),
    "whole text, and what began before the cursor": lambda row: math.exp(sum(log for *_, log in row.tokens)),
}


def holes_of(path: Path, draw: random.Random, count: int) -> Iterator[Hole]:
    text = path.read_bytes().decode(errors="replace")
    lines = text.split("\n")
    if "\r" in text or "\f" in text:
        return
    numbers = [number for number in range(PREFIX_LINES_MIN, len(lines)) if is_code(lines[number])]
    for number in draw.sample(numbers, min(count, len(numbers))):
        line = lines[number]
        first = len(line) - len(line.lstrip())
        ends = [found.end() for found in _TOKEN.finditer(line, first) if found.end() < len(line)]
        column = draw.choice([first, *ends])
        below = draw.randint(*BELOW_LINES) if draw.random() < 0.5 else 0
        last = number
        while last - number < below and last + 1 < len(lines) and is_inside(lines[last + 1], first):
            last += 1
        truth = "\n".join([line[column:], *lines[number + 1 : last + 1]])
        prefix = "\n".join([*lines[:number], line[:column]])
        yield Hole(path, "\n".join([prefix, *lines[last + 1 :]]), len(prefix), truth)


def is_code(line: str) -> bool:
    """Roughly: prose in a docstring passes, too, as it does in an editor."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def is_inside(line: str, column: int) -> bool:
    return bool(line.strip()) and len(line) - len(line.lstrip()) >= column


def sample(directory: Path, holes: int, seed: int) -> Iterator[Hole]:
    draw = random.Random(seed)
    smallest, largest = FILE_BYTES
    files = [path for path in sorted(directory.rglob("*.py")) if smallest < path.stat().st_size < largest]
    draw.shuffle(files)
    each = -(-holes // max(len(files), 1))
    found = (hole for path in files for hole in holes_of(path, draw, each))
    yield from (hole for hole, _ in zip(found, range(holes), strict=False))


async def collect(directories: Sequence[Path], rows: Path, arguments: argparse.Namespace) -> None:
    done = {(row.package, row.path, row.offset) for row in read(rows)}
    options = Options(answer_ms_max=ANSWER_MS_MAX)
    engine = load_engine(find(arguments.model), "cpu")
    workspaces, retrieval = Workspaces(), PatientRetrieval()
    completer = Completer(engine, template_for(engine.vocabulary), workspaces, retrieval)
    try:
        for directory in directories:
            for hole in sample(directory, arguments.holes, arguments.seed):
                place = directory.name, str(hole.path.relative_to(directory)), hole.offset
                if place in done:
                    continue
                shown, tokens = await suggest(completer, hole, directory, options)
                row = Row(*place, hole.truth, shown, tokens)
                with rows.open("a") as file:
                    file.write(json.dumps(asdict(row)) + "\n")
    finally:
        await close(engine, workspaces, retrieval)


async def close(engine: Engine, workspaces: Workspaces, retrieval: PatientRetrieval) -> None:
    await engine.close()
    await workspaces.close()
    retrieval.close()


async def suggest(
    completer: Completer, hole: Hole, directory: Path, options: Options
) -> tuple[str, tuple[tuple[int, int, float], ...]]:
    """What an editor would be sent while the user types, without a limit on confidence."""
    snapshot = Snapshot(str(hole.path), "python", hole.text, hole.offset, workspace=str(directory))
    context = await completer.context_of(snapshot, options)
    if first_look(context, options) is not None:
        return "", ()
    prepared = await completer.prepare(context, options, StageTimer())
    middle = Middle(prepared.prompt.healed_prefix, completer.engine.vocabulary.token_bytes)
    generation, _ = await completer.decode(prepared, middle, options, lambda text: None)
    completion, _ = completion_of(middle, generation, prepared)
    if completion is None or objection_to(completion, snapshot, options) is not None:
        return "", ()
    written = middle.written(len(completion.text))
    return completion.text, tuple((each.start, each.stop, round(each.log_probability, 4)) for each in written)


def read(rows: Path) -> list[Row]:
    lines = rows.read_text().splitlines() if rows.exists() else []
    return [Row(**json.loads(line)) for line in lines]


def is_useful(row: Row) -> bool:
    """To the end of a word: half a name is no help."""
    kept = 0
    for found in _TOKEN.finditer(row.shown):
        if not row.truth.startswith(row.shown[: found.end()]):
            break
        kept = found.end()
    return kept >= USEFUL_SHARE * len(row.shown)


def is_exact(row: Row) -> bool:
    return row.shown.split("\n")[0].strip() == row.truth.split("\n")[0].strip()


def area(measure: Measure, rows: Sequence[Row]) -> float:
    """How likely a useful suggestion has a higher value than another one: the area under the ROC curve."""
    useful = [measure(row) for row in rows if is_useful(row)]
    others = [measure(row) for row in rows if not is_useful(row)]
    wins = sum((one > other) + (one == other) / 2 for one in useful for other in others)
    return wins / max(len(useful) * len(others), 1)


def effect(measure: Measure, limit: float, rows: Sequence[Row]) -> dict[str, float]:
    """What a limit hides: shares of all suggestions, of the useful, of the exact and of the other ones."""

    def hidden(chosen: Sequence[Row]) -> float:
        below = sum(measure(row) < limit for row in chosen)
        return round(below / max(len(chosen), 1), 3)

    useful, exact = [row for row in rows if is_useful(row)], [row for row in rows if is_exact(row)]
    shown = [row for row in rows if measure(row) >= limit]
    return {
        "limit": limit,
        "hidden": hidden(rows),
        "useful_hidden": hidden(useful),
        "exact_hidden": hidden(exact),
        "others_hidden": hidden([row for row in rows if not is_useful(row)]),
        "useful_of_shown": round(sum(map(is_useful, shown)) / max(len(shown), 1), 3),
    }


def report(rows: Sequence[Row]) -> None:
    shown = [row for row in rows if row.shown]
    print(f"{len(rows)} places, {len(shown)} suggestions, {sum(map(is_useful, shown))} useful,", end=" ")
    print(f"{sum(map(is_exact, shown))} with the exact line")
    print("| measure | area under the ROC |\n|---|---|")
    areas = {name: area(measure, shown) for name, measure in MEASURES.items()}
    for name, value in areas.items():
        print(f"| {name} | {value:.3f} |")
    tables = {name: [effect(measure, limit, shown) for limit in LIMITS] for name, measure in MEASURES.items()}
    for name, table in tables.items():
        print(f"\n{name}\n\n| {' | '.join(table[0])} |\n|{'---|' * len(table[0])}")
        for line in table:
            print(f"| {' | '.join(str(value) for value in line.values())} |")
    print(json.dumps({"benchmark": "lsp_confidence", "suggestions": len(shown), "areas": areas}))


def main() -> None:
    parser = argparse.ArgumentParser(description="Tell useful suggestions from others by confidence.")
    parser.add_argument("rows", type=Path)
    parser.add_argument("directories", nargs="*", type=Path)
    parser.add_argument("--holes", type=int, default=100, help="in each directory")
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ[CACHE_VARIABLE] = cache
        if arguments.directories:
            folders = [directory.resolve() for directory in arguments.directories]
            asyncio.run(collect(folders, arguments.rows, arguments))
    report(read(arguments.rows))


if __name__ == "__main__":
    main()
