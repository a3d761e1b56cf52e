"""Right text under the monitors: how often a token of what a programmer wrote would have been masked.

    python -P benchmarks/monitor_ground_truth.py --holes 500 DIRECTORY...

Each DIRECTORY is one package's source, for example from ``pip download --no-deps``. Text is taken out of its
files, cut into tokens by a real vocabulary, and given to the monitors token by token as if a model had
generated it, with all answers waited for. A refusal is a true token that a mask would have forbidden. After
it the true token is put back, and the rest of the text is judged as well. Told apart are references forward:
names that only the text taken out defines, further down.

The holes: whole statements on a new line, members after a dot, arguments, the rest of a half-written word,
and bodies of several lines that also leave their scope again. No weights are read, only a vocabulary. The
last line is one JSON object. Goal: less than 0.2 % of the lines with something refused.
"""

import argparse
import ast
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeGuard

from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.jedi_options import Options
from holesmith.analysis.questions import EnvironmentQuestion, ScopeQuestion, Source
from holesmith.completion.watch import Document, Watch
from holesmith.context.healing import split_partial_token
from holesmith.engine.gguf_file import read_gguf
from holesmith.engine.store import find
from holesmith.engine.vocabulary import Vocabulary
from holesmith.engine.vocabulary_gguf import vocabulary_from_gguf

Kind = Literal["line", "member", "argument", "word", "body"]
KINDS: tuple[Kind, ...] = ("line", "member", "argument", "word", "body")

FILE_BYTES_MAX = 60_000
HOLES_PER_FILE_MAX = 16
BODY_LINES_MAX = 24
WARM_UP_MS = 90_000.0
BEYOND_LINES_MAX = 6
"""How many lines behind a body go with it, so that the text leaves the body's scope."""


@dataclass(frozen=True, slots=True)
class Hole:
    """``text[start:stop]`` is taken out."""

    kind: Kind
    path: Path
    text: str
    start: int
    stop: int

    @property
    def middle(self) -> str:
        return self.text[self.start : self.stop]


@dataclass(frozen=True, slots=True)
class Case:
    """A true word that was refused."""

    hole: Kind
    trigger: str
    word: str
    place: str
    line: str
    is_forward: bool


@dataclass(slots=True)
class Tally:
    holes: Counter[str] = field(default_factory=Counter[str])
    lines: int = 0
    tokens: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    cases: list[Case] = field(default_factory=list[Case])
    refused_lines: set[str] = field(default_factory=set[str])
    forward_lines: set[str] = field(default_factory=set[str])
    add_ms: list[float] = field(default_factory=list[float])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--holes", type=int, default=500, help="per package")
    parser.add_argument("--answer-ms", type=float, default=2000.0)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b", help="whose vocabulary cuts the text")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    vocabulary = vocabulary_from_gguf(read_gguf(find(options.model).path))
    tally = Tally()
    started = time.perf_counter()
    for directory in options.directories:
        asyncio.run(measure(directory, options.holes, options.answer_ms, options.seed, vocabulary, tally))
    show(tally, time.perf_counter() - started, [each.name for each in options.directories])


async def measure(
    directory: Path, holes_max: int, answer_ms: float, seed: int, vocabulary: Vocabulary, tally: Tally
) -> None:
    with tempfile.TemporaryDirectory() as cache:
        client = AnalysisClient(Options(str(directory), cache))
        try:
            await warm_up(client)
            for hole in sample(directory, holes_max, seed):
                await judge(hole, vocabulary, client, answer_ms, tally)
                await put_back(hole, client)
        finally:
            await client.close()


async def put_back(hole: Hole, client: AnalysisClient) -> None:
    """Show the file as it was: of other files, analysis sees the last text, not what is on disk."""
    await client.ask(ScopeQuestion(Source(str(hole.path), hole.text), 0), WARM_UP_MS)


async def warm_up(client: AnalysisClient) -> None:
    """Without analysis nothing would be refused, and nothing measured."""
    reply = await client.ask(EnvironmentQuestion(), WARM_UP_MS)
    if reply.answer is None:
        raise SystemExit(f"static analysis does not work: {reply.reason}")


async def judge(
    hole: Hole, vocabulary: Vocabulary, client: AnalysisClient, answer_ms: float, tally: Tally
) -> None:
    """Give the true text to the monitors, waiting for every answer."""
    before, after = hole.text[: hole.start], hole.text[hole.stop :]
    _, required = split_partial_token(before[before.rfind("\n") + 1 :])
    document = Document(str(hole.path), "python", before.removesuffix(required), "\n" + after)
    watch = Watch(document, required, client, answer_ms)
    spellings = [vocabulary.token_bytes(each) for each in vocabulary.encode(required + hole.middle)]
    index = 0
    while index < len(spellings):
        started = time.perf_counter()
        watch.add(spellings[index])
        tally.add_ms.append((time.perf_counter() - started) * 1000)
        index += 1
        while pending := watch.unanswered():
            await asyncio.wait(pending)
        violation = watch.violation()
        if violation is not None:
            begun = b"".join(spellings[: violation.tokens_kept]).decode(errors="replace")
            record(hole, begun.removeprefix(required), watch, tally)
            index = violation.tokens_kept
    report = watch.report(0.0)
    watch.close()
    tally.holes[hole.kind] += 1
    tally.lines += sum(1 for line in hole.middle.splitlines() if line.strip())
    tally.tokens += len(spellings)
    tally.outcomes.update(f"{each.kind} {each.outcome}" for each in report.fired)


def record(hole: Hole, begun: str, watch: Watch, tally: Tally) -> None:
    refusal = watch.report(0.0).refusals[-1]
    at = hole.start + len(begun)
    number = hole.text.count("\n", 0, at) + 1
    line = hole.text.split("\n")[number - 1].strip()
    word = word_at(hole.text, at, refusal.text)
    is_forward = is_defined_in(word, hole.text[at : hole.stop])
    case = Case(hole.kind, refusal.kind, word, f"{hole.path}:{number}", line, is_forward)
    label = "forward" if is_forward else "refused"
    print(
        f"{label} {case.hole:8} {case.trigger:7} {case.word:24} {case.place}\n        {case.line}", flush=True
    )
    tally.cases.append(case)
    lines = tally.forward_lines if is_forward else tally.refused_lines
    lines.add(f"{hole.path}:{number}:{hole.start}")


def word_at(text: str, offset: int, begun: str) -> str:
    """The whole word around ``offset``, or the next one, that begins with ``begun``."""
    words = re.finditer(r"\w+", text[max(offset - len(begun) - 1, 0) : offset + 200])
    return next((each[0] for each in words if each[0].startswith(begun)), begun)


def is_defined_in(word: str, text: str) -> bool:
    name = re.escape(word)
    return bool(re.search(rf"(?m)\b(def|class|as)\s+{name}\b|^\s*(self\.)?{name}\s*(:[^=\n]+)?=[^=]", text))


def sample(directory: Path, holes_max: int, seed: int) -> Iterator[Hole]:
    """Holes of all kinds, from files in random order."""
    chooser = random.Random(seed)
    files = [path for path in sorted(directory.rglob("*.py")) if path.stat().st_size < FILE_BYTES_MAX]
    chooser.shuffle(files)
    count = 0
    for path in files:
        by_kind = holes_of(path)
        for turn in range(HOLES_PER_FILE_MAX):
            of_kind = by_kind[KINDS[turn % len(KINDS)]]
            if not of_kind:
                continue
            yield chooser.choice(of_kind)
            count += 1
            if count == holes_max:
                return


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file that Python can parse, and where its lines begin."""

    path: Path
    text: str
    tree: ast.Module
    lines: list[str]
    starts: list[int]
    statement_stops: frozenset[int]

    def offset(self, line: int, column_bytes: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column_bytes].decode())

    def rest_of_line(self, kind: Kind, start: int) -> Hole:
        stop = self.text.find("\n", start) + 1
        return Hole(kind, self.path, self.text, start, stop or len(self.text))

    def statement_stop(self, line: int) -> int:
        """The last line within reach of ``line`` on which a statement ends."""
        reach = range(line, line + BEYOND_LINES_MAX + 1)
        return max((stop for stop in self.statement_stops if stop in reach), default=line)

    def lines_from(self, kind: Kind, first: int, last: int) -> Hole:
        """Whole lines, counted from 1."""
        stop = self.starts[min(last, len(self.lines))]
        return Hole(kind, self.path, self.text, self.starts[first - 1], stop)


def parsed(path: Path) -> Parsed | None:
    """None if Python cannot parse the file, or breaks lines where we do not."""
    text = path.read_bytes().decode(errors="replace")
    lines = text.splitlines(keepends=True)
    if "\r" in text or len(lines) != text.count("\n") + (not text.endswith("\n")):
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    starts = list(accumulate(map(len, lines), initial=0))
    simple = (node for node in ast.walk(tree) if is_simple(node))
    return Parsed(path, text, tree, lines, starts, frozenset(node.end_lineno or 1 for node in simple))


def is_simple(node: ast.AST) -> TypeGuard[ast.stmt]:
    return isinstance(node, ast.stmt) and not hasattr(node, "body") and not isinstance(node, ast.Match)


def holes_of(path: Path) -> dict[Kind, list[Hole]]:
    """All holes of a file."""
    found: dict[Kind, list[Hole]] = {kind: [] for kind in KINDS}
    file = parsed(path)
    for node in ast.walk(file.tree) if file else ():
        assert file is not None
        for hole in holes_at(node, file):
            found[hole.kind].append(hole)
    return found


def holes_at(node: ast.AST, file: Parsed) -> Iterator[Hole]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            first, last = node.body[0].lineno, node.end_lineno or node.lineno
            if node.lineno < first and last - first < BODY_LINES_MAX:
                yield file.lines_from("body", first, file.statement_stop(last))
        case ast.Attribute():
            start = file.offset(node.end_lineno or 1, node.end_col_offset or 0) - len(node.attr)
            if file.text[start - 1 : start] == ".":
                yield file.rest_of_line("member", start)
        case ast.Name() if len(node.id) > 3:
            start = file.offset(node.lineno, node.col_offset)
            if file.text.startswith(node.id, start):
                yield file.rest_of_line("word", start + len(node.id) // 2)
        case ast.Call(args=[first, *_]) | ast.Call(keywords=[first, *_]):
            yield file.rest_of_line("argument", file.offset(first.lineno, first.col_offset))
        case ast.stmt() if is_simple(node):
            yield file.lines_from("line", node.lineno, node.end_lineno or node.lineno)
        case _:
            pass


def show(tally: Tally, elapsed_s: float, packages: list[str]) -> None:
    share = len(tally.refused_lines) / max(tally.lines, 1)
    add_ms = sorted(tally.add_ms)
    print(
        f"{tally.lines} lines, {tally.tokens} tokens in {sum(tally.holes.values())} holes; "
        f"a true token refused in {len(tally.refused_lines)} lines ({100 * share:.3f} %, goal < 0.2 %); "
        f"{elapsed_s:.0f} s"
    )
    print("triggers:", ", ".join(f"{name} {count}" for name, count in tally.outcomes.most_common()))
    data = {
        "benchmark": "monitor_ground_truth",
        "packages": packages,
        "lines": tally.lines,
        "tokens": tally.tokens,
        "holes": dict(tally.holes),
        "refused_lines": len(tally.refused_lines),
        "refused_share": round(share, 6),
        "forward_lines": len(tally.forward_lines),
        "cases": [f"{each.trigger} {each.word} {Path(each.place).name}" for each in tally.cases],
        "outcomes": dict(tally.outcomes),
        "syntax_ms_a_token_p50": round(add_ms[len(add_ms) // 2], 3),
        "syntax_ms_a_token_p95": round(add_ms[len(add_ms) * 95 // 100], 3),
    }
    print(json.dumps(data))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
