"""Replay typing sessions to a real server in real time; measure how soon ghost text comes and what it costs.

    python -P benchmarks/lsp_typing_sessions.py [--sessions 10] [--keys 150] [--settings JSON]

The sessions are in lsp_typing_sessions.json: a package and its version, a file, the lines to write, a seed.
The benchmark downloads the package. A session writes its lines again, key by key, and sends what an editor
would send: it closes brackets and quotes, indents after Enter, requests a suggestion at every key and cancels
the request before. The user is simulated: gaps between keys are log-normal, with pauses before words and
lines; one key in fifty is wrong and deleted again; a suggestion that was shown for a moment and equals the
true text is accepted, whole or its first word. Every session has a server of its own, so that it can't profit
from the session before, and begins when the model is loaded and the workspace is indexed.

The times are from a key to the ghost text that the server sends for it, unless another key came before; the
last line is one JSON object. ``--find DIRECTORY`` instead prints new sessions for the source of one package.
"""

import argparse
import ast
import asyncio
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

from lsprotocol.types import CancelParams

ROOT = Path(__file__).parents[1]
SESSIONS = Path(__file__).with_suffix(".json")
GAP_MEDIAN_S, GAP_SIGMA = 0.14, 0.45
PAUSE_OF_WORD = (0.12, 0.45)  # how likely, and its median in seconds
PAUSE_OF_LINE = (0.8, 1.2)
PAUSE_SIGMA = 0.6
TYPO, TYPO_KEYS_MAX = 0.02, 3
READING_S, READING_S_PER_CHARACTER = 0.35, 0.01
TAKES, TAKES_WORD = 0.85, 0.3
CLOSER_OF = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}
LEVEL = "    "
SETTLE_SECONDS_MAX = 60.0
# What is read of the server's status, before and after.
RESULTS = ("requests", "typed_along", "foreseen", "joined", "completions", "cancelled")
COUNTS = (*RESULTS, "read_ahead", "read_ahead_ms", "work_ms", "work_ms_used")


@dataclass(frozen=True, slots=True)
class Session:
    """Lines ``first`` to ``last`` of the file, from 0, the last one not included, are written."""

    package: str
    path: str
    first: int
    last: int
    seed: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Ghost text that came for a key before the next."""

    ms: float
    reason: str
    stages: dict[str, float]


@dataclass(slots=True)
class Tally:
    keys: int = 0
    typed: int = 0
    taken: int = 0
    taken_characters: int = 0
    requests: int = 0
    overtaken: int = 0
    empty: int = 0
    shown: list[Shown] = field(default_factory=list[Shown])


class Editor:
    """One document as an editor would have it, and its ghost text."""

    def __init__(self, client: Any, uri: str, before: str, behind: str, tally: Tally) -> None:
        self.client, self.uri, self.tally = client, uri, tally
        self.before, self.behind = before, behind
        self.ghost: tuple[str, int] | None = None  # its text, and how many characters behind it replaces
        self.ghost_since = 0.0
        self.asking: list[asyncio.Task[None]] = []
        self._asked: asyncio.Task[None] | None = None

    def insert(self, text: str, behind: str = "") -> None:
        """``behind`` is what the editor adds by itself, right of the cursor."""
        self._edit(0, 0, text + behind)
        self.before, self.behind = self.before + text, behind + self.behind
        fits = self.ghost is not None and self.ghost[0].startswith(text) and len(self.ghost[0]) > len(text)
        self.ghost = (self.ghost[0][len(text) :], self.ghost[1]) if self.ghost and fits else None

    def pass_over(self, text: str) -> None:
        """Type what the editor has closed already."""
        self.before, self.behind = self.before + text, self.behind[len(text) :]
        self.ghost = None

    def delete(self, count: int) -> None:
        self._edit(count, 0, "")
        self.before = self.before[: len(self.before) - count]
        self.ghost = None

    def take(self, text: str) -> None:
        """The ghost text, or the beginning of it."""
        assert self.ghost is not None
        whole, over = self.ghost
        over = over if text == whole else 0
        self._edit(0, over, text)
        self.before, self.behind = self.before + text, self.behind[over:]
        self.ghost = None if text == whole else (whole[len(text) :], self.ghost[1])

    def ask(self) -> None:
        """As an editor does after every key: the question before is no longer of interest."""
        if self._asked is not None and not self._asked.done():
            self.tally.overtaken += 1
            self._asked.cancel()
        self.tally.requests += 1
        self._asked = asyncio.ensure_future(self._show())

    async def close(self) -> None:
        await asyncio.wait([self._asked] if self._asked else [])
        await asyncio.gather(*self.asking)

    def _edit(self, left: int, right: int, text: str) -> None:
        start, stop = position(self.before[: len(self.before) - left]), position(self.before)
        stop = (stop[0], stop[1] + right)
        self.client.edit(start, stop, text, self.uri)

    async def _show(self) -> None:
        began = perf_counter()
        place = position(self.before)
        number = f"{self.uri}-{self.tally.requests}"
        asked = self.client.ask_inline(*place, self.uri, number=number)
        try:
            answer = await asyncio.shield(asked)
        except asyncio.CancelledError:
            self.client.client.cancel_request(CancelParams(id=number))
            asked.add_done_callback(forget)
            raise
        if answer is None or not answer.items:
            self.tally.empty += 1
            self.ghost = None
            return
        ms = (perf_counter() - began) * 1000
        item = answer.items[0]
        if self.ghost is None or self.ghost[0] != item.insert_text:
            self.ghost_since = perf_counter()
        self.ghost = item.insert_text, item.range.end.character - place[1]
        self.asking.append(asyncio.ensure_future(self._note(ms, place)))

    async def _note(self, ms: float, place: tuple[int, int]) -> None:
        """Not cancelled by the next key: pygls' client does not survive an answer to what it gave up."""
        said = await self.client.explain()
        if (said["position"]["line"], said["position"]["character"]) == place:
            self.tally.shown.append(Shown(ms, said["reason"], said["timings_ms"]))


class Typist:
    """Writes ``target`` at the cursor of an editor, the same way for the same seed."""

    def __init__(self, editor: Editor, target: str, seed: int) -> None:
        self.editor, self.target, self.draw = editor, target, random.Random(seed)
        self.start = len(editor.before)

    async def write(self, keys_max: int) -> None:
        tally = self.editor.tally
        while len(self._written()) < len(self.target) and tally.keys < keys_max:
            rest = self.target[len(self._written()) :]
            if await self._pause(self._gap(rest)):
                continue
            tally.keys += 1
            if rest[0].isalpha() and self.draw.random() < TYPO:
                await self._mistype(rest)
            else:
                self._press(rest)
                tally.typed += 1
                self.editor.ask()

    def _written(self) -> str:
        return self.editor.before[self.start :]

    def _gap(self, rest: str) -> float:
        gap = self.draw.lognormvariate(0, GAP_SIGMA) * GAP_MEDIAN_S
        begun = self.editor.before[-1:]
        is_line = not self.editor.before.rpartition("\n")[2].strip()
        is_word = rest[0].isidentifier() and not begun.isidentifier()
        likely, middle = PAUSE_OF_LINE if is_line else PAUSE_OF_WORD if is_word else (0.0, 0.0)
        pauses = self.draw.random() < likely
        return gap + (self.draw.lognormvariate(0, PAUSE_SIGMA) * middle if pauses else 0.0)

    async def _pause(self, seconds: float) -> bool:
        """True if ghost text was taken meanwhile, in place of the next key."""
        end = perf_counter() + seconds
        wants, wants_word = self.draw.random() < TAKES, self.draw.random() < TAKES_WORD
        while (now := perf_counter()) < end:
            part = self._wanted_part(wants_word) if wants else ""
            if part and now - self.editor.ghost_since > READING_S + READING_S_PER_CHARACTER * len(part):
                self.editor.take(part)
                self.editor.tally.taken += 1
                self.editor.tally.taken_characters += len(part)
                self.editor.ask()
                return True
            await asyncio.sleep(min(0.02, end - now))
        return False

    def _wanted_part(self, word_too: bool) -> str:
        """As much of the ghost text as is what the typist means to write."""
        if self.editor.ghost is None:
            return ""
        text, rest = self.editor.ghost[0], self.target[len(self._written()) :]
        if rest.startswith(text):
            return text
        word = text[: len(text) - len(text.lstrip(" "))] + text.lstrip(" ").partition(" ")[0]
        return word if word_too and len(word) > 3 and rest.startswith(word) and word != text else ""

    async def _mistype(self, rest: str) -> None:
        wrong = "".join(self.draw.choice("aeiourtn") for _ in range(self.draw.randint(1, TYPO_KEYS_MAX)))
        for key in wrong:
            self.editor.insert(key)
            self.editor.ask()
            await asyncio.sleep(self.draw.lognormvariate(0, GAP_SIGMA) * GAP_MEDIAN_S)
        for _ in wrong:
            self.editor.delete(1)
            self.editor.ask()
            await asyncio.sleep(GAP_MEDIAN_S / 2)

    def _press(self, rest: str) -> None:
        key, editor = rest[0], self.editor
        line = rest.partition("\n")[0]
        if key == "\n":
            indent = rest[1 : len(rest[1:]) - len(rest[1:].lstrip(" ")) + 1]
            self._enter(indent)
        elif editor.behind.startswith(key) and key in CLOSER_OF.values():
            editor.pass_over(key)
        elif key in CLOSER_OF and not editor.behind.partition("\n")[0].strip() and CLOSER_OF[key] in line[1:]:
            editor.insert(key, CLOSER_OF[key])
        else:
            editor.insert(key)

    def _enter(self, indent: str) -> None:
        """The editor indents; the typist deletes what is too much."""
        line = self.editor.before.rpartition("\n")[2]
        given = line[: len(line) - len(line.lstrip(" "))] + (
            LEVEL if line.endswith((":", "(", "[", "{")) else ""
        )
        self.editor.insert("\n" + given)
        if len(given) > len(indent):
            self.editor.delete(len(given) - len(indent))
        elif len(indent) > len(given):
            self.editor.insert(indent[len(given) :])


def forget(asked: "asyncio.Task[Any]") -> None:
    """A cancelled request ends in an error that nobody is interested in."""
    if not asked.cancelled():
        asked.exception()


def position(before: str) -> tuple[int, int]:
    line = before.rpartition("\n")[2]
    return before.count("\n"), len(line.encode("utf-16-le")) // 2


def test_client() -> ModuleType:
    """The session of the end-to-end tests, from its file: the repository's root must not be on the path."""
    spec = importlib.util.spec_from_file_location("client", ROOT / "tests" / "e2e" / "client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["client"] = module
    spec.loader.exec_module(module)
    return module


def fetched(package: str, into: Path) -> Path:
    """The source of a package, unpacked."""
    folder = into / package
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--dest", str(into), package], check=True, stderr=subprocess.DEVNULL)
        wheel = max(into.glob("*.whl"), key=lambda path: path.stat().st_mtime)
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(folder)], check=True)
    return folder


async def replay(session: Session, folder: Path, settings: dict[str, Any], keys_max: int) -> dict[str, Any]:
    client, tally = test_client(), Tally()
    path = folder / session.path
    lines = path.read_text().split("\n")
    before = "\n".join([*lines[: session.first], ""])
    target, behind = "\n".join(lines[session.first : session.last]), "\n" + "\n".join(lines[session.last :])
    indent = target[: len(target) - len(target.lstrip(" "))]
    opening = client.session(settings, command=client.REAL_SERVER, folders=(folder.as_uri(),), ready=False)
    async with opening as opened:
        await opened.status_with(health="ready")
        opened.open(before + indent + behind, path.as_uri())
        await settle(opened, before + indent, path.as_uri())
        counted = await opened.request("holesmith/status")
        editor = Editor(opened, path.as_uri(), before + indent, behind, tally)
        await Typist(editor, target[len(indent) :], session.seed).write(keys_max)
        await editor.close()
        status = await opened.request("holesmith/status")
    return {"tally": tally, **{name: status[name] - counted[name] for name in COUNTS}}


async def settle(opened: Any, before: str, uri: str) -> None:
    """Ask by hand until two answers are the same: the prompt is read, the index built, analysis started."""
    end, last = perf_counter() + SETTLE_SECONDS_MAX, None
    while perf_counter() < end:
        await opened.ask_inline(*position(before), uri, invoked=True)
        explanation = await opened.explain()
        if explanation["prompt"] == last:
            return
        last = explanation["prompt"]
        await asyncio.sleep(1.0)


def percentiles(values: Sequence[float]) -> str:
    ordered = sorted(values) or [float("nan")]
    return f"{median(ordered):.0f} / {ordered[int(0.9 * len(ordered))]:.0f}"


def report(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    shown = [each for result in results for each in result["tally"].shown]
    ready = [each for each in shown if each.stages.get("total") == 0]
    fresh = [each for each in shown if each.stages.get("total")]
    print("| ghost text | how often | from key to ghost text, ms, p50 / p90 |\n|---|---|---|")
    for name, chosen in (("all", shown), ("typed along or foreseen", ready), ("worked out", fresh)):
        print(f"| {name} | {len(chosen)} | {percentiles([each.ms for each in chosen])} |")
    print("\n| stage of what was worked out | ms, p50 / p90 |\n|---|---|")
    for stage in sorted({stage for each in fresh for stage in each.stages}):
        print(f"| {stage} | {percentiles([each.stages.get(stage, 0.0) for each in fresh])} |")
    total: dict[str, float] = {name: round(sum(each[name] for each in results)) for name in COUNTS}
    for name in ("keys", "typed", "taken", "taken_characters", "overtaken", "empty"):
        total[name] = sum(getattr(result["tally"], name) for result in results)
    total["shown"] = len(shown)
    total["wasted_share"] = round(1 - total["work_ms_used"] / max(total["work_ms"], 1), 3)
    print("\n" + "\n".join(f"{name}: {value}" for name, value in total.items()))
    return {
        "benchmark": "lsp_typing_sessions",
        "sessions": len(results),
        **total,
        "ready_ms": percentiles([each.ms for each in ready]),
        "worked_out_ms": percentiles([each.ms for each in fresh]),
    }


def find(directory: Path, package: str, count: int) -> Iterator[Session]:
    """The ends of functions, of some lines, one a file."""
    draw = random.Random(count)
    for path in sorted(directory.rglob("*.py"), key=lambda _: draw.random()):
        text = path.read_text()
        try:
            nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        except SyntaxError:
            continue
        spans = [(node.body[0].lineno - 1, node.end_lineno or 0) for node in nodes]
        fitting = [span for span in spans if 5 <= span[1] - span[0] <= 12 and text.isascii()]
        if fitting and count and 60 < text.count("\n") < 900:
            first, last = draw.choice(fitting)
            count -= 1
            yield Session(package, str(path.relative_to(directory)), first, last, draw.randrange(1000))


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay typing sessions to the language server.")
    parser.add_argument("--sessions", type=int, default=99)
    parser.add_argument("--keys", type=int, default=150, help="of each session, at most")
    parser.add_argument("--settings", type=json.loads, default={})
    parser.add_argument("--find", type=Path, metavar="DIRECTORY")
    parser.add_argument("--package", help="with --find: its name and version, NAME==VERSION")
    arguments = parser.parse_args()
    if arguments.find:
        found = find(arguments.find, arguments.package, arguments.sessions)
        print("\n".join(json.dumps(asdict(session)) for session in found))
        return
    sessions = [Session(**each) for each in json.loads(SESSIONS.read_text())][: arguments.sessions]
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as cache:
        for session in sessions:
            folder = fetched(session.package, Path(cache))
            results.append(asyncio.run(replay(session, folder, arguments.settings, arguments.keys)))
            print(session.path, len(results[-1]["tally"].shown), "shown", flush=True)
    print()
    print(json.dumps(report(results)))


if __name__ == "__main__":
    main()
