"""Run the monitors on text that programmers wrote; measure how often they would mask a true token.

    python -P benchmarks/monitor_ground_truth.py --holes 500 --log FILE DIRECTORY...

Each DIRECTORY is the source of one package, for example from ``pip download --no-deps``. Text is removed from
its files, cut into tokens by a real vocabulary, and given to the monitors token by token as if a model had
generated it; every answer is awaited. A refusal is a true token that a mask would have forbidden. After a
refusal the true token is put back, and the rest of the text is judged, too. Two kinds are counted apart:
forward references, which are names that only the removed text defines, further down; and tokens that some
logits only make less likely.

The holes are whole statements on a new line, members after a dot, arguments, the rest of a half-written word,
and bodies of several lines that also leave their scope again. Only a vocabulary is read, no weights. In the
same run, the final check of a suggestion gets every piece of true text: each error that it reports there is
wrong. Goal: less than 0.2 % of the lines with a refusal.

Every hole is appended to the log as one line of JSON; a run with the same log continues where the last one
ended. The last line that is printed is one JSON object over the whole log.
"""

import argparse
import ast
import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, TypeGuard

from holesmith.analysis.client import Reply
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import A, Question, ScopeQuestion, Source, StaticErrorsQuestion
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitors.document import Document
from holesmith.context.prompt.token_healing import split_partial_token
from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.store.store import find
from holesmith.engine.vocabulary.gguf import vocabulary_from_gguf
from holesmith.engine.vocabulary.vocabulary import Vocabulary

Kind = Literal["line", "member", "argument", "word", "body"]
KINDS: tuple[Kind, ...] = ("line", "member", "argument", "word", "body")

FILE_BYTES_MAX = 60_000
HOLES_PER_FILE_MAX = 16
BODY_LINES_MAX = 24
MASK_PENALTY = 20.0
"""From so many logits on, what is made less likely counts as refused."""
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
    """A true word that was refused; with a ``penalty``, in logits, only made less likely."""

    hole: Kind
    trigger: str
    word: str
    place: str
    line: str
    is_forward: bool
    penalty: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether this counts as masked, as do the preferences that are nearly masks."""
        return not self.is_forward and (self.penalty is None or self.penalty >= MASK_PENALTY)


@dataclass(frozen=True, slots=True)
class Row:
    """One hole. ``refused`` and ``forward`` count lines, ``blamed`` are errors of the last check, by kind."""

    package: str
    place: str
    kind: Kind
    lines: int
    tokens: int
    asked: int
    refused: int
    forward: int
    outcomes: dict[str, int]
    cases: list[Case]
    blamed: list[str]
    add_ms: list[float]


@dataclass(slots=True)
class Log:
    """The rows so far, in a file that outlives the process."""

    path: Path
    rows: list[Row] = field(default_factory=list[Row])

    def load(self) -> None:
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
            data: dict[str, Any] = json.loads(line)
            data["cases"] = [Case(**each) for each in data["cases"]]
            self.rows.append(Row(**data))

    def add(self, row: Row) -> None:
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--log", type=Path, default=Path("monitor_ground_truth.jsonl"))
    parser.add_argument("--holes", type=int, default=500, help="per package")
    parser.add_argument("--answer-ms", type=float, default=60_000.0)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b", help="whose vocabulary cuts the text")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    vocabulary = vocabulary_from_gguf(read_gguf(find(options.model).path))
    log = Log(options.log)
    log.load()
    for directory in options.directories:
        asyncio.run(measure(directory, options, vocabulary, log))
    show(log.rows)


@dataclass(frozen=True, slots=True)
class Patient:
    """Analysis in this process: however busy the machine is, its answers are those of an idle one."""

    analyser: JediAnalyser
    answer_ms: float

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        started = time.process_time()
        try:
            answer = self.analyser.answer(question, Deadline.after_ms(self.answer_ms))
        except Exception as error:  # noqa: BLE001 # as in the worker: analysers fail in any way on strange code
            return Reply(None, type(error).__name__, 0.0)
        return Reply(answer, "", (time.process_time() - started) * 1000)


async def measure(directory: Path, options: argparse.Namespace, vocabulary: Vocabulary, log: Log) -> None:
    known = {each.place for each in log.rows}
    analyst = Patient(JediAnalyser(Options(str(directory))), options.answer_ms)
    for hole in sample(directory, options.holes, options.seed):
        place = f"{hole.path}:{hole.start}:{hole.stop}"
        if place not in known:
            log.add(await judge(hole, directory.name, place, vocabulary, analyst))
            await put_back(hole, analyst)


async def put_back(hole: Hole, analyst: Patient) -> None:
    """Show the file as it was: of other files, analysis sees the last text, not what is on disk."""
    await analyst.ask(ScopeQuestion(Source(str(hole.path), hole.text), 0), analyst.answer_ms)


async def judge(hole: Hole, package: str, place: str, vocabulary: Vocabulary, analyst: Patient) -> Row:
    """Give the true text to the monitors, waiting for every answer, and then to the last check."""
    before, after = hole.text[: hole.start], hole.text[hole.stop :]
    _, healed_prefix = split_partial_token(before[before.rfind("\n") + 1 :])
    document = Document(str(hole.path), "python", before.removesuffix(healed_prefix), "\n" + after)
    watcher = Watcher(document, healed_prefix, analyst, analyst.answer_ms)
    spellings = [vocabulary.token_bytes(each) for each in vocabulary.encode(healed_prefix + hole.middle)]
    add_ms: list[float] = []
    cases: list[Case] = []
    index = 0
    while index < len(spellings):
        started = time.perf_counter()
        watcher.add(spellings[index])
        add_ms.append(round((time.perf_counter() - started) * 1000, 3))
        index += 1
        while pending := watcher.unanswered():
            await asyncio.wait(pending)
        rollback = watcher.rollback()
        if rollback is not None:
            begun = b"".join(spellings[: rollback.tokens_kept]).decode(errors="replace")
            cases.append(case_of(hole, begun.removeprefix(healed_prefix), watcher))
            index = rollback.tokens_kept
    report = watcher.report(0.0)
    watcher.close()
    source = Source(str(hole.path), hole.text)
    reply = await analyst.ask(StaticErrorsQuestion(source, hole.start, hole.stop), analyst.answer_ms)
    errors = reply.answer.errors if reply.answer is not None else ()
    outcomes = Counter(f"{each.kind} {each.outcome}" for each in report.fired)
    return Row(
        package=package,
        place=place,
        kind=hole.kind,
        lines=sum(1 for line in hole.middle.splitlines() if line.strip()),
        tokens=len(spellings),
        asked=report.asked,
        refused=len({each.place for each in cases if each.is_refused}),
        forward=len({each.place for each in cases if each.is_forward}),
        outcomes=dict(outcomes),
        cases=cases,
        blamed=[f"{each.kind}: {each.message}: {hole.text[each.start : each.stop]}" for each in errors],
        add_ms=add_ms,
    )


def case_of(hole: Hole, begun: str, watcher: Watcher) -> Case:
    """What was refused last, and whether the text taken out defines it further down."""
    refusal = watcher.report(0.0).refusals[-1]
    at = hole.start + len(begun)
    number = hole.text.count("\n", 0, at) + 1
    line = hole.text.split("\n")[number - 1].strip()
    word = word_at(hole.text, at, refusal.text)
    is_forward = is_defined_in(word, hole.text[at : hole.stop])
    case = Case(hole.kind, refusal.kind, word, f"{hole.path}:{number}", line, is_forward, refusal.penalty)
    label = "refused" if case.is_refused else "forward" if is_forward else "less likely"
    print(
        f"{label:11} {case.hole:8} {case.trigger:9} {case.word:24} {case.place}\n        {line}", flush=True
    )
    return case


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
    visible = (path for path in sorted(directory.rglob("*.py")) if not is_hidden(path.relative_to(directory)))
    files = [path for path in visible if path.stat().st_size < FILE_BYTES_MAX]
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


def is_hidden(path: Path) -> bool:
    """Whether a file is in an environment of the package, or another folder that is not its own source."""
    return any(part.startswith(".") for part in path.parts)


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


def show(rows: list[Row]) -> None:
    lines = sum(each.lines for each in rows)
    refused = sum(each.refused for each in rows)
    outcomes: Counter[str] = Counter()
    for row in rows:
        outcomes.update(row.outcomes)
    for row in rows:
        for each in row.blamed:
            print(f"blamed {each} in {row.place}")
    add_ms = sorted(duration_ms for each in rows for duration_ms in each.add_ms)
    print(
        f"{lines} lines in {len(rows)} holes; a true token refused in {refused} lines "
        f"({100 * refused / max(lines, 1):.3f} %, goal < 0.2 %)"
    )
    print("triggers:", ", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
    cases = [case for row in rows for case in row.cases]
    unlikely = {each.place for each in cases if not (each.is_refused or each.is_forward)}
    data = {
        "benchmark": "monitor_ground_truth",
        "packages": sorted({each.package for each in rows}),
        "lines": lines,
        "tokens": sum(each.tokens for each in rows),
        "asked": sum(each.asked for each in rows),
        "holes": dict(Counter(each.kind for each in rows)),
        "refused_lines": refused,
        "refused_share": round(refused / max(lines, 1), 6),
        "less_likely_lines": len(unlikely),
        "forward_lines": sum(each.forward for each in rows),
        "holes_blamed": sum(bool(each.blamed) for each in rows),
        "cases": [f"{each.trigger} {each.word} {Path(each.place).name}" for each in cases],
        "outcomes": dict(outcomes),
        "syntax_ms_a_token_p50": add_ms[len(add_ms) // 2],
        "syntax_ms_a_token_p95": add_ms[len(add_ms) * 95 // 100],
    }
    print(json.dumps(data))


if __name__ == "__main__":
    main()
