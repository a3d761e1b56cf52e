"""What each source of context is worth to the real model on holes of repositories: alone, all, none.

``python -P benchmarks/context_sources.py ROOT… [--model M] [--per-kind N] [--out FILE]``. Every ROOT is one
repository; take packages newer than the model and not used for tuning. All settings show the same text of the
file itself, but ``file``, which spends the snippets' budget on more of it.

Metrics: exact match and edit similarity of the answer, match of its first identifier, and ``nats``: the
model's surprise at the true first line, in nats, at most NATS_MAX a hole, which is less noisy than the others
because every hole counts. Greedy decoding through the engine's own seam. Prints a table; the last line
is one JSON object. ``--surprise-only`` leaves out the answers, which is twice as fast.
"""

import argparse
import asyncio
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from holesmith.completion.extent import extent_of
from holesmith.completion.middle import Middle
from holesmith.context.budget import Budget
from holesmith.context.deadline import deadline_after
from holesmith.context.gather import Choice, gather
from holesmith.context.index.build import Workspace, scan
from holesmith.context.index.files import Limits
from holesmith.context.index.ignore import IgnoreRules
from holesmith.context.index.reader import Index
from holesmith.context.index.schema import open_writer
from holesmith.context.prompt import Hole, Prompt, RepositoryFile, build_prompt
from holesmith.context.request import ContextRequest
from holesmith.context.sources.catalogue import DEFAULT_SOURCES, SOURCES
from holesmith.context.templates import template_for
from holesmith.engine.catalogue import default_model
from holesmith.engine.loading import load_engine
from holesmith.engine.request import Request, Token
from holesmith.engine.seam import Engine
from holesmith.engine.store import find
from holesmith.evaluation.case import Case
from holesmith.evaluation.hole_kind import HoleKind
from holesmith.evaluation.repository_holes import cuts_of
from holesmith.evaluation.source_tree import SourceFile, source_files
from holesmith.evaluation.text_metrics import edit_similarity, exact_match, next_identifier_match

# Those that need what a package on disk does not have: an editor's history, version control, an analyser.
NOT_HERE = frozenset(("facts", "instructions", "recent_edits", "revision"))
ALONE = tuple(source.name for source in SOURCES if source.name not in NOT_HERE)
KINDS: tuple[HoleKind, ...] = ("attribute", "argument", "statement", "body")
TRUTH_CHARACTERS_MAX = 80
LINES_BEFORE_MIN = 10
NATS_MAX = 40.0
# A smaller change of surprise counts neither as better nor as worse.
CHANGE_MIN = 0.5
VISITED_MAX = 4
_IMPORT = re.compile(r"^from \.[\w.]* import |^from \w[\w.]* import ", re.M)


@dataclass(frozen=True, slots=True)
class Tokens:
    """How a prompt is divided; ``limit`` bounds what is generated."""

    snippets: int
    before: int
    after: int
    limit: int

    @property
    def file(self) -> int:
        return self.before + self.after


@dataclass(frozen=True, slots=True)
class Row:
    """One answer. ``nats`` is of the true line of ``characters``; times are of retrieval and generation."""

    case: str
    kind: str
    setting: str
    exact: bool
    similarity: float
    identifier: bool | None
    nats: float
    characters: int
    snippet_tokens: int
    prompt_tokens: int
    gather_ms: float
    generate_ms: float
    answer: str


@dataclass(frozen=True, slots=True)
class Bench:
    """The model and a repository with its index."""

    engine: Engine
    index: Index
    root: Path
    tokens: Tokens
    is_surprise_only: bool

    async def rows(self, case: Case, settings: Sequence[str]) -> list[Row]:
        """One row a setting; a prompt that another setting has made already is not run again."""
        done: dict[tuple[int, ...], Row] = {}
        rows: list[Row] = []
        for setting in settings:
            started = time.perf_counter()
            files, snippet_tokens = self.files(case, setting)
            gather_ms = (time.perf_counter() - started) * 1000
            file_tokens = self.tokens.file + (self.tokens.snippets if setting == "file" else 0)
            prompt = self.prompt(case, files, file_tokens)
            row = done.get(prompt.token_ids)
            if row is None:
                row = done[prompt.token_ids] = await self.answer(case, prompt)
            rows.append(replace(row, setting=setting, gather_ms=gather_ms, snippet_tokens=snippet_tokens))
        return rows

    def files(self, case: Case, setting: str) -> tuple[tuple[RepositoryFile, ...], int]:
        if setting in ("none", "file"):
            return (), 0
        sources = {"all": frozenset(ALONE), "default": DEFAULT_SOURCES - NOT_HERE}
        choice = Choice(sources.get(setting, frozenset(setting.split("+"))))
        request = ContextRequest(
            self.root, case.path, case.language, case.prefix, case.suffix, visited=self.visited(case.path)
        )
        budget = Budget(self.tokens.snippets, self.tokens.before, self.tokens.after)
        gathered = gather(
            request, self.index, self.engine.vocabulary, budget, deadline_after(5_000, 5_000), choice
        )
        return gathered.files, sum(each.tokens for each in gathered.chosen)

    def visited(self, path: str) -> tuple[str, ...]:
        """The files a person working on this one has open: its neighbours, those with tests last."""
        others = [other for other in self.index.paths_in(str(PurePosixPath(path).parent)) if other != path]
        random.Random(path).shuffle(others)
        return tuple(others[:VISITED_MAX])

    def prompt(self, case: Case, files: tuple[RepositoryFile, ...], file_tokens: int) -> Prompt:
        vocabulary = self.engine.vocabulary
        hole = Hole(case.prefix, case.suffix, case.path, self.root.name, files)
        template = template_for(vocabulary)
        opening = build_prompt(replace(hole, prefix="", suffix=""), template, vocabulary, 1 << 20)
        return build_prompt(hole, template, vocabulary, file_tokens + len(opening.token_ids))

    async def answer(self, case: Case, prompt: Prompt) -> Row:
        started = time.perf_counter()
        text = "" if self.is_surprise_only else await self.middle(case, prompt)
        generate_ms = (time.perf_counter() - started) * 1000
        lead = case.target[: len(case.target) - len(case.target.lstrip("\n"))]
        truth = case.target.strip("\n").split("\n")[0][:TRUTH_CHARACTERS_MAX]
        return Row(
            case=case.id,
            kind=case.slices["kind"],
            setting="",
            exact=exact_match(text, case.target),
            similarity=edit_similarity(text, case.target),
            identifier=next_identifier_match(text, case.target, case.language),
            nats=min(NATS_MAX, await self.surprise(prompt, lead + truth)),
            characters=len(lead + truth),
            snippet_tokens=0,
            prompt_tokens=len(prompt.token_ids),
            gather_ms=0.0,
            generate_ms=generate_ms,
            answer=text,
        )

    async def middle(self, case: Case, prompt: Prompt) -> str:
        """What the model writes, to the end of the line or of the body."""
        middle = Middle(prompt.required, self.engine.vocabulary.token_bytes)
        lines = "auto" if case.slices["kind"] == "body" else "single"
        extent = extent_of(case.language, case.prefix, case.suffix, lines)

        def is_finished() -> bool:
            return extent.stop_of(middle.text) is not None

        await self.generate(prompt, prompt.required, middle.add, is_finished)
        text, rest = middle.text[: extent.stop_of(middle.text)], case.suffix.split("\n", 1)[0]
        return text.removesuffix(rest) if rest.strip() else text

    async def surprise(self, prompt: Prompt, truth: str) -> float:
        """Nats for ``truth``, by making the model spell it, token by likeliest token."""
        tokens: list[Token] = []
        await self.generate(prompt, prompt.required + truth, tokens.append, lambda: False, limit=1)
        spelt, total = "", 0.0
        for token in tokens:
            if len(spelt) >= len(prompt.required + truth):
                break
            spelt += self.engine.vocabulary.decode([token.id])
            total -= token.log_probability
        return total

    async def generate(
        self,
        prompt: Prompt,
        required: str,
        add: Callable[[Token], None],
        is_finished: Callable[[], bool],
        limit: int | None = None,
    ) -> None:
        stream = self.engine.start(
            Request(prompt.token_ids, limit or self.tokens.limit, prompt.stop_ids, required.encode())
        )
        async for token in stream:
            add(token)
            if is_finished():
                break
        stream.cancel()
        await stream.result()


def import_cases(root: Path, count: int, seed: int) -> Iterator[Case]:
    """Holes behind ``from module import`` to the end of the line, where the module is of the repository."""
    cases: list[Case] = []
    packages = {path.name for path in root.iterdir() if path.is_dir()}
    for path in sorted(root.rglob("*.py")):
        text = path.read_text("utf-8", "replace")
        for found in _IMPORT.finditer(text):
            module = found[0].split()[1]
            stop = text.find("\n", found.end())
            target = text[found.end() : stop]
            if (module.startswith(".") or module.split(".")[0] in packages) and target and "(" not in target:
                name = path.relative_to(root).as_posix()
                cases.append(
                    Case(
                        f"import/{name}:{found.end()}", root.name, name, "python", text[: found.end()],
                        text[stop:], target, "line", str(root), slices={"kind": "import"},
                    )
                )  # fmt: skip
    yield from random.Random(seed).sample(cases, min(count, len(cases)))


def cases_of(root: Path, per_kind: int, seed: int) -> list[Case]:
    """``per_kind`` holes of each kind, each of another file, from files that are not tests."""
    draw = random.Random(seed)
    files = [file for file in source_files(root, "python") if is_own_code(file)]
    by_kind: dict[str, list[Case]] = {}
    for kind in KINDS:
        shuffled = draw.sample(files, len(files))
        by_kind[kind] = list(drawn_cases(root, kind, shuffled, per_kind, draw))
    by_kind["import"] = list(import_cases(root, per_kind, seed))
    # Kinds in turn, so that a run cut short has all of them.
    return [case for group in zip_longest(list(by_kind.values())) for case in group]


def drawn_cases(
    root: Path, kind: HoleKind, files: Sequence[SourceFile], count: int, draw: random.Random
) -> Iterator[Case]:
    for file in files:
        if count == 0:
            return
        cuts = [(start, stop) for start, stop in cuts_of(kind, file) if file.text[start:stop].strip()]
        cuts = [(start, stop) for start, stop in cuts if file.text.count("\n", 0, start) > LINES_BEFORE_MIN]
        if not cuts:
            continue
        start, stop = draw.choice(cuts)
        count -= 1
        prefix, target, suffix = file.text[:start], file.text[start:stop], file.text[stop:]
        name, extent = f"{kind}/{file.path}:{start}", "statement" if kind == "body" else "line"
        slices = {"kind": kind}
        yield Case(
            name, root.name, file.path, "python", prefix, suffix, target, extent, str(root), slices=slices
        )


def is_own_code(file: SourceFile) -> bool:
    return "test" not in file.path and not file.path.endswith("__init__.py")


def zip_longest(lists: Sequence[Sequence[Case]]) -> Iterator[list[Case]]:
    for number in range(max(map(len, lists), default=0)):
        yield [cases[number] for cases in lists if number < len(cases)]


def table(rows: Sequence[Row], settings: Sequence[str]) -> str:
    """Differences to ``none`` are over the holes where the setting had something to say, in brackets."""
    none = {row.case: row for row in rows if row.setting == "none"}
    columns = (
        "setting", "with snippets", "tokens", "exact", "similarity", "next identifier", "nats/hole",
        "change there", "better", "worse", "gather ms", "generate ms",
    )  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for setting in settings:
        mine = [row for row in rows if row.setting == setting]
        told = [row for row in mine if row.snippet_tokens or setting == "file"]
        named = [row.identifier for row in mine if row.identifier is not None]
        changes = [row.nats - none[row.case].nats for row in told]
        error = statistics.stdev(changes) / len(changes) ** 0.5 if len(changes) > 1 else 0.0
        lines.append(
            f"| {setting} | {len(told)}/{len(mine)}"
            f" | {mean([row.snippet_tokens for row in told]):.0f}"
            f" | {mean([row.exact for row in mine]):.1%} | {mean([row.similarity for row in mine]):.3f}"
            f" | {mean(named):.1%} | {mean([row.nats for row in mine]):.3f}"
            f" | {mean(changes):+.3f} ± {error:.3f}"
            f" | {sum(each < -CHANGE_MIN for each in changes)} | {sum(each > CHANGE_MIN for each in changes)}"
            f" | {mean([row.gather_ms for row in mine]):.0f}"
            f" | {mean([row.generate_ms for row in mine]):.0f} |"
        )
    return "\n".join(lines)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def indexed(root: Path, folder: Path) -> Index:
    database = folder / root.name / "index.sqlite3"
    connection = open_writer(database)
    scan(Workspace(root.resolve(), connection, IgnoreRules(root), Limits()))
    connection.close()
    return Index(database)


async def run(arguments: argparse.Namespace) -> None:
    settings = arguments.settings or ["none", "file", "default", "all", *ALONE]
    tokens = Tokens(arguments.snippet_tokens, arguments.before_tokens, arguments.after_tokens, 48)
    engine = load_engine(find(arguments.model or default_model("cpu")))
    rows: list[Row] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, arguments.out.open("w") as out:
        benches = [
            Bench(engine, indexed(root, Path(folder)), root, tokens, arguments.surprise_only)
            for root in arguments.roots
        ]
        cases = [cases_of(bench.root, arguments.per_kind, arguments.seed) for bench in benches]
        for number in range(max(map(len, cases))):
            for bench, of_root in zip(benches, cases, strict=True):
                if number < len(of_root) and time.monotonic() - started < arguments.minutes * 60:
                    new = await bench.rows(of_root[number], settings)
                    rows += new
                    out.writelines(json.dumps(asdict(row)) + "\n" for row in new)
                    out.flush()
    await engine.close()
    print(table(rows, settings))
    for kind in (*KINDS, "import"):
        of_kind = [row for row in rows if row.kind == kind]
        if of_kind:
            print(f"\n{kind}\n\n{table(of_kind, settings)}")
    summary = {
        setting: {
            "exact": mean([row.exact for row in rows if row.setting == setting]),
            "nats": mean([row.nats for row in rows if row.setting == setting]),
        }
        for setting in settings
    }
    holes = len({row.case for row in rows})
    print(json.dumps({"model": engine.description.name, "holes": holes, "settings": summary}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--per-kind", type=int, default=12, help="holes of each kind of each repository")
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snippet-tokens", type=int, default=320)
    parser.add_argument("--before-tokens", type=int, default=320)
    parser.add_argument("--after-tokens", type=int, default=96)
    parser.add_argument("--surprise-only", action="store_true")
    parser.add_argument("--settings", nargs="+", help="names of sources, also joined: similar+bm25")
    parser.add_argument("--out", type=Path, default=Path("context_sources.jsonl"))
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
