"""Replay typing into real files, every keystroke a request, and print what each costs.

    .venv/bin/python benchmarks/typing_replay.py DIR [--model M] [--files N] [--lines N]

DIR holds Python sources. In each of some files a few successive lines are taken out and typed again,
character by character, as an editor sends them when it asks at every keystroke; nothing is accepted. Printed
for each prompt order: tokens prefilled a keystroke beside the tokens of the prompt, which is what an engine
without a cache would prefill, and the time to the whole single-line suggestion. The last line is one JSON
object.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, quantiles

from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot

SEED = 20
CHARACTERS_PER_LINE = (16, 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--model")
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--lines", type=int, default=2)
    parser.add_argument("--prompt-tokens", type=int, default=Options().prompt_tokens_max)
    parser.add_argument("--order", nargs="+", choices=("plain", "anchored"), default=["plain", "anchored"])
    arguments = parser.parse_args()
    sessions = list(sessions_of(arguments.directory, arguments.files, arguments.lines))
    rows = {
        order: asyncio.run(
            replay(
                sessions,
                Options(
                    arguments.model,
                    lines="single",
                    prompt_order=order,
                    prompt_tokens_max=arguments.prompt_tokens,
                ),
            )
        )
        for order in arguments.order
    }
    print(f"{sum(map(len, sessions))} keystrokes in {len(sessions)} files")
    print(f"{'order':10}{'prompt':>8}{'prefilled':>11}{'p50 ms':>9}{'p90 ms':>9}")
    for order, row in rows.items():
        print(
            f"{order:10}{row['prompt_tokens']:8.0f}{row['prefilled_tokens']:11.1f}{row['p50_ms']:9.0f}{row['p90_ms']:9.0f}"
        )
    print(json.dumps({"benchmark": "typing_replay", "keystrokes": sum(map(len, sessions)), **rows}))


def sessions_of(directory: Path, files: int, lines: int) -> Iterator[list[Snapshot]]:
    """For each file the document after every keystroke of the lines that are typed again."""
    chance = random.Random(SEED)
    paths = sorted(path for path in directory.rglob("*.py") if path.stat().st_size > 4000)
    for path in chance.sample(paths, min(files, len(paths))):
        source = path.read_text().split("\n")
        places = [
            at for at in range(20, len(source) - lines - 5) if all(map(is_code, source[at : at + lines]))
        ]
        if places:
            yield list(keystrokes(path, source, chance.choice(places), lines, directory))


def is_code(line: str) -> bool:
    shortest, longest = CHARACTERS_PER_LINE
    return shortest <= len(line.strip()) <= longest and not line.strip().startswith(("#", '"', "'", ".."))


def keystrokes(path: Path, source: list[str], first: int, lines: int, root: Path) -> Iterator[Snapshot]:
    before, after = "\n".join(source[:first]) + "\n", "\n" + "\n".join(source[first + lines :])
    typed = "\n".join(source[first : first + lines])
    indented = len(typed) - len(typed.lstrip())
    for count in range(indented, len(typed) + 1):
        text = before + typed[:count]
        yield Snapshot(str(path), "python", text + after, len(text), workspace=str(root), invoked=True)


async def replay(sessions: list[list[Snapshot]], options: Options) -> dict[str, float]:
    service = Service(options)
    await service.load()
    assert service.status.health == "ready", service.status.message
    # The first request of a session is an editor opening the file; typing is what follows.
    answers: list[Answer] = []
    for session in sessions:
        await service.complete(session[0])
        answers += [await service.complete(snapshot) for snapshot in session[1:]]
    await service.close()
    times = quantiles([answer.timings_ms["total"] for answer in answers], n=10)
    return {
        "prompt_tokens": mean(answer.prompt_tokens for answer in answers),
        "prefilled_tokens": mean(answer.prefilled_tokens for answer in answers),
        "p50_ms": times[4],
        "p90_ms": times[8],
    }


if __name__ == "__main__":
    main()
