"""Measure how many suggestions do not parse in their place, and how many true ones would be withheld.

    python -P benchmarks/suggestion_syntax.py --log FILE DIRECTORY...   # the model suggests
    python -P benchmarks/suggestion_syntax.py --true DIRECTORY...       # the truth, and broken truth
    python -P benchmarks/suggestion_syntax.py --languages DIRECTORY...  # the truth, other languages
    python -P benchmarks/suggestion_syntax.py --time DIRECTORY...       # files of 1,000 lines

Text is removed from files that Python can compile: the rest of a member's or argument's line, of a word, of
an import and of a hole in an f-string, and whole statements. A suggestion that fills the hole is put into its
place, all of it, and the file is compiled: without the check of the syntax, and after it.

``--true`` gives the removed text itself to the check, also in a file that ends at the hole, as while it is
written: everything that is withheld there is a wrong verdict. The truth is also broken in ways in which small
models break it; of those texts with which the file no longer compiles, all should be withheld or shortened.
``--languages`` does the first of these for ends of lines in files of the other languages.
"""

import argparse
import ast
import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from holesmith.analysis.outline.insertion import soundness_of
from holesmith.analysis.outline.python_statement import error_of
from holesmith.analysis.outline.syntax_process import SyntaxProcess
from holesmith.completion.answer import Completion
from holesmith.completion.guidance.syntax_check import check_syntax
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.soundness import with_completion
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.templates import template_for
from holesmith.engine.loading.load import load_engine
from holesmith.engine.store.store import find

FILE_BYTES_MAX = 60_000
PER_FILE_MAX = 6
KINDS = ("member", "argument", "word", "import", "f-string", "statement")
_F_STRING_HOLE = re.compile(r"""\bf["'][^"'{}\n]*\{(?=\w)""")
LANGUAGE_OF = {
    ".java": "java",
    ".js": "javascript",
    ".mjs": "javascript",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".h": "cpp",
    ".cs": "csharp",
}
# Ways in which small models break a text.
BREAKS: dict[str, Callable[[str], str]] = {
    "a quote is lost": lambda text: re.sub(r"""["'](?=[^"']*$)""", "", text, count=1),
    "a bracket is lost": lambda text: re.sub(r"[)\]}](?=[^)\]}]*$)", "", text, count=1),
    "a bracket too much": lambda text: text + ")",
    "a clause without its statement": lambda text: "except ValueError:",
    "a dot in an import": lambda text: text + ".b" if text.isidentifier() else text,
    "two words": lambda text: text + " x y",
}


Hole = tuple[str, Path, str, int, int]
"""The kind, the file, its text, and the span that is taken out."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file that Python can compile, and where its lines begin."""

    path: Path
    text: str
    tree: ast.Module
    lines: list[str]
    starts: list[int]

    def offset(self, line: int, column_bytes: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column_bytes].decode())


def parsed(path: Path) -> Parsed | None:
    """None if Python cannot compile the file, or breaks lines where we do not."""
    text = path.read_bytes().decode(errors="replace")
    lines = text.splitlines(keepends=True)
    is_plain = "\r" not in text and len(lines) == text.count("\n") + (not text.endswith("\n"))
    if not is_plain or error_of(text) or "\x00" in text:
        return None
    return Parsed(path, text, ast.parse(text), lines, list(accumulate(map(len, lines), initial=0)))


def holes_of(file: Parsed) -> Iterator[Hole]:
    for node in ast.walk(file.tree):
        kind, start = "", 0
        match node:
            case ast.Attribute():
                kind = "member"
                start = file.offset(node.end_lineno or 1, node.end_col_offset or 0) - len(node.attr)
            case ast.Call(args=[first, *_]) | ast.Call(keywords=[first, *_]):
                kind, start = "argument", file.offset(first.lineno, first.col_offset)
            case ast.Name() if len(node.id) > 3 and node.col_offset >= 0:
                start = file.offset(node.lineno, node.col_offset)
                kind = "word" if file.text.startswith(node.id, start) else ""
                start += len(node.id) // 2
            case ast.ImportFrom() if node.lineno == node.end_lineno:
                line = file.lines[node.lineno - 1]
                if " import " in line:
                    kind, start = "import", file.starts[node.lineno - 1] + line.index(" import ") + 8
            case ast.stmt() if not hasattr(node, "body") and not isinstance(node, ast.Match):
                yield ("statement", file.path, file.text, *statement_span(node, file))
            case _:
                pass
        if kind and (kind != "member" or file.text[start - 1] == "."):
            stop = file.text.find("\n", start)
            yield kind, file.path, file.text, start, stop if stop >= 0 else len(file.text)
    for found in _F_STRING_HOLE.finditer(file.text):
        stop = file.text.find("\n", found.end())
        yield "f-string", file.path, file.text, found.end(), stop if stop >= 0 else len(file.text)


def statement_span(node: ast.stmt, file: Parsed) -> tuple[int, int]:
    start = file.offset(node.lineno, node.col_offset)
    return start, file.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)


def sample(directories: list[Path], count: int, seed: int) -> Iterator[Hole]:
    """Holes of all kinds in turn, a few of each file."""
    chooser = random.Random(seed)
    files = [path for directory in directories for path in sorted(directory.rglob("*.py"))]
    chooser.shuffle(files)
    found = 0
    for path in files:
        file = parsed(path) if path.stat().st_size < FILE_BYTES_MAX else None
        if file is None:
            continue
        by_kind: dict[str, list[Hole]] = {}
        for hole in holes_of(file):
            if hole[3] < hole[4]:
                by_kind.setdefault(hole[0], []).append(hole)
        for kind in chooser.sample(KINDS, PER_FILE_MAX):
            if kind in by_kind and found < count:
                found += 1
                yield chooser.choice(by_kind[kind])
        if found >= count:
            return


async def suggest(arguments: argparse.Namespace) -> None:
    log: Path = arguments.log
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    known = {(row["path"], row["start"]) for row in rows}
    engine = load_engine(find(arguments.model), "cpu")
    completer = Completer(engine, template_for(engine.vocabulary))
    options = Options(prompt_tokens_max=arguments.prompt_tokens, check_ms_max=0.0)
    for kind, path, text, start, stop in sample(arguments.directories, arguments.holes, arguments.seed):
        if (str(path), start) in known:
            continue
        snapshot = Snapshot(str(path), "python", text[:start] + text[stop:], start, invoked=True)
        answer = await completer.complete(snapshot, options)
        row: dict[str, Any] = {"kind": kind, "path": str(path), "start": start, "stop": stop}
        row |= {"truth": text[start:stop], "finish": answer.finish, "text": None, "span": None}
        if answer.completion is not None:
            row |= {"text": answer.completion.text, "span": (answer.completion.start, answer.completion.stop)}
        rows.append(row)
        with log.open("a") as file:
            file.write(json.dumps(row) + "\n")
    for row in rows:
        await judge_suggestion(row)
    show_suggestions(rows)
    await engine.close()


async def judge_suggestion(row: dict[str, Any]) -> None:
    """Check a suggestion of the log as the server would, and compile the file with it, before and after."""
    row |= {"shown": None, "reason": "", "text_error": "", "shown_error": ""}
    if row["text"] is None:
        return
    text = Path(row["path"]).read_text(encoding="utf-8")
    start = row["start"]
    snapshot = Snapshot(row["path"], "python", text[:start] + text[row["stop"] :], start, invoked=True)
    completion = Completion(row["text"], row["span"][0], row["span"][1], 1.0)
    checked = await check_syntax((completion,), snapshot, 60_000.0, is_cut=row["finish"] == "length")
    row["reason"] = checked.reason
    row["text_error"] = error_of(with_completion(completion, snapshot))
    for shown in checked.completions:
        row |= {"shown": shown.text, "shown_error": error_of(with_completion(shown, snapshot))}


def show_suggestions(rows: list[dict[str, Any]]) -> None:
    made = [row for row in rows if row["text"] is not None]
    shown = [row for row in rows if row["shown"] is not None]
    for row in rows:
        if row["reason"] or row["shown_error"]:
            print(
                row["kind"],
                row["finish"],
                row["path"],
                row["start"],
                repr(row["text"]),
                "->",
                repr(row["shown"]),
                row["reason"],
                row["shown_error"],
            )
    figures = {
        "holes": len(rows),
        "suggestions": len(made),
        "do not parse": sum(bool(row["text_error"]) for row in made),
        "shown": len(shown),
        "shown, do not parse": sum(bool(row["shown_error"]) for row in shown),
        "parsed, yet touched": sum(not row["text_error"] and row["shown"] != row["text"] for row in made),
        "the truth, yet touched": sum(row["truth"] == row["text"] != row["shown"] for row in made),
    }
    print(json.dumps(figures))


def judge_truth(arguments: argparse.Namespace) -> None:
    """Count wrong verdicts on true text, and texts that were broken and let through."""
    counts: Counter[str] = Counter()
    for kind, path, text, start, stop in sample(arguments.directories, arguments.holes, arguments.seed):
        before, middle, after = text[:start], text[start:stop], text[stop:]
        column = "\n" + " " * (start - text.rfind("\n", 0, start) - 1)
        places = {"whole file": after, "file ends here": "\n", "half a line below": f"{column}x = (\n"}
        for place, behind in places.items():
            finish = "length" if behind != after and kind != "statement" else ""
            found = soundness_of("python", before, middle, behind, "", finish)
            counts[f"true, {place}"] += 1
            if found.objection:
                counts[f"true, {place}, withheld"] += 1
                print(
                    "withheld",
                    kind,
                    place,
                    f"{path}:{text.count(chr(10), 0, start) + 1}",
                    repr(middle),
                    found.objection,
                )
        for name, damage in BREAKS.items():
            broken = damage(middle)
            if not error_of(before + broken + after):
                continue
            counts[f"broken, {name}"] += 1
            found = soundness_of("python", before, broken, after)
            if not found.objection or (error_of(before + broken[: found.length] + after) and found.length):
                counts[f"broken, {name}, let through"] += 1
                if counts[f"broken, {name}, let through"] <= 6:
                    print(
                        "let through",
                        kind,
                        name,
                        f"{path}:{text.count(chr(10), 0, start) + 1}",
                        repr(broken),
                        found,
                    )
    for name in sorted(counts):
        print(f"{counts[name]:6} {name}")


def judge_languages(arguments: argparse.Namespace) -> None:
    chooser = random.Random(arguments.seed)
    paths = [path for directory in arguments.directories for path in sorted(directory.rglob("*"))]
    paths = [path for path in paths if path.suffix in LANGUAGE_OF and path.stat().st_size < FILE_BYTES_MAX]
    chooser.shuffle(paths)
    counts: Counter[str] = Counter()
    for path in paths:
        language = LANGUAGE_OF[path.suffix]
        if counts[language] >= arguments.holes:
            continue
        text = path.read_bytes().decode(errors="replace")
        lines = [found for found in re.finditer(r"(?m)^[ \t]*(\S.*)$", text) if len(found[1]) < 200]
        for found in chooser.sample(lines, min(4, len(lines))):
            start = chooser.randrange(found.start(1), found.end(1))
            sound = soundness_of(language, text[:start], text[start : found.end(1)], text[found.end(1) :])
            counts[language] += 1
            if sound.objection:
                counts[f"{language}, withheld"] += 1
                print(
                    "withheld",
                    language,
                    path,
                    repr(text[found.start(1) : start]),
                    repr(text[start : found.end(1)]),
                    sound.objection,
                )
    print(json.dumps(counts, sort_keys=True))


def measure_time(arguments: argparse.Namespace) -> None:
    """The time of the check for files of about 1,000 lines, median and p90.

    ``wall`` is through the syntax process, as the server asks it; ``processor`` is the time that the check
    itself takes of a processor, however busy the machine is.
    """
    process = SyntaxProcess()
    times: dict[str, list[float]] = {}
    for _, _, text, start, stop in sample(arguments.directories, 10_000, arguments.seed):
        if not 700 < text.count("\n") < 1_400:
            continue
        for name, middle in (("true", text[start:stop]), ("broken", text[start:stop] + ")")):
            began = time.perf_counter()
            process.soundness_of("python", text[:start], middle, text[stop:])
            times.setdefault(f"{name}, wall", []).append((time.perf_counter() - began) * 1000)
            began = time.process_time()
            soundness_of("python", text[:start], middle, text[stop:])
            times.setdefault(f"{name}, processor", []).append((time.process_time() - began) * 1000)
        if len(times["true, wall"]) >= arguments.holes:
            break
    process.close()
    for name, values in times.items():
        values.sort()
        p50, p90 = values[len(values) // 2], values[len(values) * 9 // 10]
        print(f"{name}: {len(values)} holes, p50 {p50:.1f} ms, p90 {p90:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--true", action="store_true")
    parser.add_argument("--languages", action="store_true")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--holes", type=int, default=200)
    parser.add_argument("--prompt-tokens", type=int, default=256)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--log", type=Path, default=Path("suggestion_syntax.jsonl"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.true:
        judge_truth(arguments)
    elif arguments.languages:
        judge_languages(arguments)
    elif arguments.time:
        measure_time(arguments)
    else:
        asyncio.run(suggest(arguments))


if __name__ == "__main__":
    main()
