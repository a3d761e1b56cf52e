"""Type whole lines at a steady pace in new places; measure the time from the last key to its answer.

    python benchmarks/lsp_whole_lines.py [--gap 0.12] [--share 1] [--places 12] [--sources DIR]

The places are those of lsp_typing_sessions.json, one in each file, so that no part of a prompt was read
before. At each place, the lines that a session writes are removed, and the first of them is typed into the
gap, one key every ``--gap`` seconds. ``--share 0.6`` stops after 60 % of the line, where there is more to
write. Every key requests a suggestion and cancels the request before, as editors do; no suggestion is
accepted. The time is from the last key to its answer, whatever the answer is.

One server answers all requests. With ``--cold`` the first key comes as soon as the server says that the model
is loaded; without it, a request in another document comes first. ``--server`` is the program of another
checkout, for a comparison. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from lsp_typing_sessions import SESSIONS, Session, fetched, forget, percentiles, position, test_client
from lsprotocol.types import CancelParams

WARM = "def double(number):\n    return "
PAUSE_SECONDS = 1.0
BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one typed line. ``refused`` answers were refused because the engine was busy."""

    keys: int
    ms: float
    text: str | None
    reason: str
    prompt_tokens: int
    prefilled_tokens: int
    stages: dict[str, float]


class Typist:
    """Types into one document, and asks at every key."""

    def __init__(self, opened: Any, uri: str, before: str) -> None:
        self._opened, self._uri, self._before = opened, uri, before
        self._asked: asyncio.Task[Any] | None = None
        self._number = ""

    async def write(self, text: str, gap_s: float) -> Line:
        """One line, and the answer to its last key."""
        pressed = perf_counter()
        for key in text:
            await asyncio.sleep(max(0.0, pressed + gap_s - perf_counter()))
            pressed = perf_counter()
            self._press(key)
        assert self._asked is not None
        answer = await self._asked
        ms = 1000 * (perf_counter() - pressed)
        said = await self._opened.explain()
        item = answer.items[0].insert_text if answer is not None and answer.items else None
        tokens = said["prompt_tokens"], said["prefilled_tokens"]
        return Line(len(text), ms, item, said["reason"], *tokens, said["timings_ms"])

    def _press(self, key: str) -> None:
        place = position(self._before)
        self._opened.edit(place, place, key, self._uri)
        if self._asked is not None and not self._asked.done():
            self._asked.add_done_callback(forget)
            self._opened.client.cancel_request(CancelParams(id=self._number))
        self._before += key
        self._number = f"{self._uri}-{len(self._before)}"
        self._asked = self._opened.ask_inline(*position(self._before), self._uri, number=self._number)


async def type_lines(arguments: argparse.Namespace, places: Sequence[tuple[Session, Path]]) -> dict[str, Any]:
    client = test_client()
    command = (str(arguments.server.resolve()), "lsp") if arguments.server else client.REAL_SERVER
    folders = tuple({folder.as_uri() for _, folder in places})
    lines: list[Line] = []
    async with client.session(arguments.settings, command=command, folders=folders, ready=False) as opened:
        await opened.status_with(health="ready")
        if not arguments.cold:
            opened.open(WARM, "file:///elsewhere/warm.py")
            await opened.ask_inline(*position(WARM), "file:///elsewhere/warm.py", invoked=True)
        for session, folder in places:
            lines.append(await type_one(opened, session, folder, arguments))
            shown = "no text" if lines[-1].text is None else "text"
            print(f"{session.path}: {lines[-1].ms:.0f} ms, {shown}: {lines[-1].reason}", flush=True)
            await asyncio.sleep(PAUSE_SECONDS)
        status = await opened.request("holesmith/status")
    return {"lines": lines, "failures": status["failures"], "message": status["message"]}


async def type_one(opened: Any, session: Session, folder: Path, arguments: argparse.Namespace) -> Line:
    path = folder / session.path
    text = path.read_text().split("\n")
    line = text[session.first]
    indent = line[: len(line) - len(line.lstrip())]
    before = "\n".join([*text[: session.first], indent])
    opened.open("\n".join([before, *text[session.last :]]), path.as_uri())
    typed = line.strip()
    typed = typed[: max(1, round(arguments.share * len(typed)))].rstrip()
    return await Typist(opened, path.as_uri(), before).write(typed, arguments.gap)


def report(result: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    lines: list[Line] = result["lines"]
    asked = [line for line in lines if line.prompt_tokens]
    print("\n| stage | ms, p50 / p90 |\n|---|---|")
    for stage in sorted({stage for line in asked for stage in line.stages}):
        print(f"| {stage} | {percentiles([line.stages.get(stage, 0.0) for line in asked])} |")
    return {
        "benchmark": "lsp_whole_lines",
        "gap_s": arguments.gap,
        "share": arguments.share,
        "cold": arguments.cold,
        "lines": len(lines),
        "model_was_asked": len(asked),
        "with_text": sum(line.text is not None for line in lines),
        "failures": result["failures"],
        "message_at_the_end": result["message"],
        "from_last_key_ms": percentiles([line.ms for line in asked]),
        "prompt_tokens": median(line.prompt_tokens for line in asked) if asked else None,
        "prefilled_tokens": median(line.prefilled_tokens for line in asked) if asked else None,
        "each": [asdict(line) for line in lines],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Type whole lines where nothing has been read.")
    parser.add_argument("--gap", type=float, default=0.12, help="seconds from key to key")
    parser.add_argument("--share", type=float, default=1.0, help="of each line, what is typed")
    parser.add_argument("--places", type=int, default=99)
    parser.add_argument("--cold", action="store_true", help="begin as soon as the model is loaded")
    parser.add_argument("--server", type=Path, help="the program holesmith of another checkout")
    parser.add_argument("--sources", type=Path, help="keep the packages' sources here")
    parser.add_argument("--settings", type=json.loads, default={})
    arguments = parser.parse_args()
    sessions = [Session(**each) for each in json.loads(SESSIONS.read_text())][: arguments.places]
    with tempfile.TemporaryDirectory() as temporary:
        sources = (arguments.sources or Path(temporary)).resolve()
        sources.mkdir(parents=True, exist_ok=True)
        places = [(session, fetched(session.package, sources)) for session in sessions]
        result = asyncio.run(type_lines(arguments, places))
    print(json.dumps(report(result, arguments)))


if __name__ == "__main__":
    main()
