"""Compare scoring all members at once with decoding under their mask: accuracy, calibration and time.

    python -P benchmarks/monitor_scoring.py --holes 30 [--model M] DIRECTORY...

Each DIRECTORY is the source of one package. The holes are behind dots for which analysis knows all members of
the receiver. "greedy" is the first identifier that is decoded under the mask; "scored" is the member whose
whole name is likeliest to the model, by one pass over the tree of all tokens of the names. "mass" is the
probability that the unguided model gives to all members together: its means where the scored member is right
and where it is wrong tell whether it can serve to abstain. Times are of the engine behind a cached prompt.
The last line is one JSON object.
"""

import argparse
import ast
import asyncio
import json
import math
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.answers import Members
from holesmith.analysis.questions import MembersQuestion, Source
from holesmith.completion.model_host import load_from_store
from holesmith.completion.options import Options
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.context.prompt.prompt import Hole, Prompt, build_prompt
from holesmith.context.prompt.templates import template_for
from holesmith.engine.interface import Engine
from holesmith.engine.request import Constraint, Request

FILE_BYTES_MAX = 200_000
HOLES_PER_FILE_MAX = 3
ANSWER_MS_MAX = 10_000.0
PROMPT_TOKENS_MAX = 512
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Place:
    path: Path
    text: str
    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    members: int
    is_greedy_right: bool
    is_scored_right: bool
    is_in_best_three: bool
    mass: float
    greedy_ms: float
    scored_ms: float


def places_of(path: Path, source: random.Random) -> Iterator[Place]:
    """Text cut behind the dots of attributes that are read, with the rest of their lines left out."""
    text = path.read_text(errors="replace")
    try:
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    except (SyntaxError, ValueError):
        return
    lines = text.splitlines(keepends=True)
    read = [node for node in nodes if isinstance(node.ctx, ast.Load)]
    for node in source.sample(read, min(len(read), HOLES_PER_FILE_MAX)):
        line = lines[(node.end_lineno or 1) - 1]
        column = len(line.encode()[: node.end_col_offset].decode()) - len(node.attr)
        if line[column - 1 : column] == "." and line[column:].startswith(node.attr):
            offset = sum(map(len, lines[: (node.end_lineno or 1) - 1])) + column
            rest = len(line[column:].rstrip("\r\n"))
            yield Place(path, text[:offset] + text[offset + rest :], offset, node.attr)


async def members_at(place: Place, root: Path, workspaces: Workspaces) -> tuple[str, ...]:
    """All members of the receiver; none where analysis does not promise that."""
    snapshot = Snapshot(str(place.path), "python", place.text, place.offset, str(root))
    client = await workspaces.of(snapshot)
    assert client is not None
    question = MembersQuestion(Source(snapshot.path, snapshot.text), snapshot.offset)
    answer: Members | None = (await client.ask(question, ANSWER_MS_MAX)).answer
    if answer is None or not answer.is_complete:
        return ()
    return tuple(member.name for member in answer.members)


async def greedy(engine: Engine, prompt: Prompt, members: Sequence[str]) -> tuple[str, float]:
    """The identifier decoded under the mask, and how long that took."""
    lead = prompt.healed_prefix.encode()
    constraint = Constraint(tuple(name.encode() for name in members), lead=lead)
    request = Request(prompt.token_ids, 12, prompt.stop_ids, lead, constraints=(constraint,))
    stream = engine.start(request)
    text = ""
    began = time.perf_counter()
    async for token in stream:
        text += engine.vocabulary.token_bytes(token.id).decode(errors="replace")
        if _WORD.fullmatch(text[len(prompt.healed_prefix) :]) is None and len(text) > len(
            prompt.healed_prefix
        ):
            break
    elapsed_ms = (time.perf_counter() - began) * 1000
    stream.cancel()
    await stream.result()
    found = _WORD.match(text, len(prompt.healed_prefix))
    return found[0] if found else "", elapsed_ms


async def scored(engine: Engine, prompt: Prompt, members: Sequence[str]) -> tuple[list[str], float, float]:
    """The members, the likeliest first, the probability of all, and how long that took."""
    choices = tuple(tuple(engine.vocabulary.encode(prompt.healed_prefix + name)) for name in members)
    began = time.perf_counter()
    generation = await engine.start(Request(prompt.token_ids, 1, prompt.stop_ids, choices=choices)).result()
    elapsed_ms = (time.perf_counter() - began) * 1000
    order = sorted(range(len(members)), key=lambda at: -generation.scores[at])
    return [members[at] for at in order], sum(map(math.exp, generation.scores)), elapsed_ms


async def measured(engine: Engine, place: Place, root: Path, members: Sequence[str]) -> Row:
    before, after = place.text[: place.offset], place.text[place.offset :]
    hole = Hole(before, after, place.path.relative_to(root).as_posix(), root.name)
    prompt = build_prompt(hole, template_for(engine.vocabulary), engine.vocabulary, PROMPT_TOKENS_MAX)
    assert prompt.healed_prefix.endswith("."), prompt.healed_prefix
    await engine.start(Request(prompt.token_ids, 1, prompt.stop_ids)).result()
    word, greedy_ms = await greedy(engine, prompt, members)
    order, mass, scored_ms = await scored(engine, prompt, members)
    is_near = place.name in order[:3]
    return Row(len(members), word == place.name, order[0] == place.name, is_near, mass, greedy_ms, scored_ms)


async def run(options: argparse.Namespace) -> list[Row]:
    workspaces = Workspaces()
    engine = await asyncio.to_thread(load_from_store, Options(model=options.model), lambda stage, done: None)
    rows: list[Row] = []
    try:
        for root in (directory.resolve() for directory in options.directories):
            source = random.Random(options.seed)
            paths = sorted(p for p in root.rglob("*.py") if 500 < p.stat().st_size < FILE_BYTES_MAX)
            source.shuffle(paths)
            wanted = len(rows) + options.holes
            for place in (place for path in paths for place in places_of(path, source)):
                if len(rows) == wanted:
                    break
                members = await members_at(place, root, workspaces)
                if place.name in members:
                    rows.append(await measured(engine, place, root, members))
            print(f"{root.name}: {len(rows)} holes so far", flush=True)
    finally:
        await workspaces.close()
        await engine.close()
    return rows


def summary(rows: Sequence[Row]) -> dict[str, float]:
    def mean(values: list[float]) -> float:
        return round(statistics.mean(values), 4) if values else 0.0

    return {
        "holes": len(rows),
        "members_median": statistics.median(row.members for row in rows),
        "greedy_right": mean([row.is_greedy_right for row in rows]),
        "scored_right": mean([row.is_scored_right for row in rows]),
        "in_best_three": mean([row.is_in_best_three for row in rows]),
        "mass_where_right": mean([row.mass for row in rows if row.is_scored_right]),
        "mass_where_wrong": mean([row.mass for row in rows if not row.is_scored_right]),
        "greedy_ms_median": round(statistics.median(row.greedy_ms for row in rows), 1),
        "scored_ms_median": round(statistics.median(row.scored_ms for row in rows), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--holes", type=int, default=30, help="per package")
    parser.add_argument("--model", default=None)
    parser.add_argument("--seed", type=int, default=1)
    result = summary(asyncio.run(run(parser.parse_args())))
    for key, value in result.items():
        print(f"{key:18}{value:>10}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
