"""Count static errors in true statements of real packages, as they are and with one wrong name.

    python benchmarks/analysis_static_errors.py --pieces 150 DIRECTORY...

Every error that is reported in unchanged text of a package counts as false, and is printed. For the other
half, one attribute, keyword or variable of the statement gets a name that does not exist; the benchmark
counts how often that is reported. The dependencies of the packages must lie beside them, so that imports are
resolved. The last line is one JSON object.
"""

import argparse
import ast
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.answers import StaticErrors
from holesmith.analysis.blocking_client import BlockingAnalysisClient
from holesmith.analysis.options import Options
from holesmith.analysis.questions import Source, StaticErrorsQuestion

FILE_BYTES_MAX = 100_000
PIECES_PER_FILE_MAX = 6
PIECE_LINES_MAX = 12
DEADLINE_MS = 3_000.0
SPOIL = "_holesmith_spoiled"


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement's span in its file, and the ends of the names in it by kind."""

    path: Path
    text: str
    start: int
    stop: int
    names: tuple[tuple[str, int], ...]

    def spoiled(self, end: int) -> "Piece":
        text = self.text[:end] + SPOIL + self.text[end:]
        return Piece(self.path, text, self.start, self.stop + len(SPOIL), ())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=lambda text: Path(text).resolve())
    parser.add_argument("--pieces", type=int, default=150, help="per package")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total: Counter[str] = Counter()
    for directory in options.directories:
        counts = measure(directory, options.pieces, options.seed)
        print(f"{directory.name}: {line_of(counts)}")
        total.update(counts)
    print(f"total: {line_of(total)}")
    print(json.dumps({"benchmark": "analysis_static_errors", **total}))


def measure(directory: Path, pieces_max: int, seed: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    chooser = random.Random(seed)
    with BlockingAnalysisClient(Options(str(directory.parent))) as client:
        client.warm_up()
        for piece in sample(directory, pieces_max, chooser):
            judge_true(client, piece, counts)
            if piece.names:
                judge_spoiled(client, piece, chooser.choice(piece.names), counts)
    return counts


def judge_true(client: BlockingAnalysisClient, piece: Piece, counts: Counter[str]) -> None:
    counts["pieces"] += 1
    answer = ask(client, piece, counts)
    if answer is None or not answer.errors:
        return
    counts["pieces with false errors"] += 1
    for error in answer.errors:
        counts["false errors"] += 1
        line = piece.text.count("\n", 0, error.start) + 1
        print(f"false: {piece.path}:{line} {error.kind}: {error.message}")


def judge_spoiled(
    client: BlockingAnalysisClient, piece: Piece, name: tuple[str, int], counts: Counter[str]
) -> None:
    kind, end = name
    counts[f"spoiled {kind}"] += 1
    answer = ask(client, piece.spoiled(end), counts)
    if answer is not None and any(error.start <= end <= error.stop for error in answer.errors):
        counts[f"found {kind}"] += 1


def ask(client: BlockingAnalysisClient, piece: Piece, counts: Counter[str]) -> StaticErrors | None:
    source = Source(str(piece.path), piece.text)
    reply = client.ask(StaticErrorsQuestion(source, piece.start, piece.stop), DEADLINE_MS)
    if reply.answer is None:
        counts["late" if reply.reason == "late" else "failed"] += 1
        if reply.reason != "late":
            print(f"failed: {piece.path}: {reply.reason}")
    return reply.answer


def sample(directory: Path, pieces_max: int, chooser: random.Random) -> Iterator[Piece]:
    files = [path for path in sorted(directory.rglob("*.py")) if path.stat().st_size < FILE_BYTES_MAX]
    chooser.shuffle(files)
    count = 0
    for path in files:
        pieces = pieces_of(path)
        for piece in chooser.sample(pieces, min(PIECES_PER_FILE_MAX, len(pieces))):
            yield piece
            count += 1
            if count == pieces_max:
                return


def pieces_of(path: Path) -> list[Piece]:
    """The statements of a file that Python can parse, the short compound ones among them."""
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    if not text.isascii() or "\f" in text or "\r" in text:
        return []  # offsets would not be columns
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return [piece_of(path, text, starts, node) for node in ast.walk(tree) if is_piece(node)]


def is_piece(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.stmt)
        and (node.end_lineno or node.lineno) - node.lineno < PIECE_LINES_MAX
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    )


def piece_of(path: Path, text: str, starts: list[int], node: ast.AST) -> Piece:
    assert isinstance(node, ast.stmt)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start = starts[node.lineno - 1] + node.col_offset
    stop = starts[node.end_lineno - 1] + node.end_col_offset
    names = tuple(each for inner in ast.walk(node) for each in names_of(inner, starts, text))
    return Piece(path, text, start, stop, names)


def names_of(node: ast.AST, starts: list[int], text: str) -> Iterator[tuple[str, int]]:
    """The ends of the names that could be wrong: read, not bound."""
    if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        end = starts[node.end_lineno - 1] + node.end_col_offset
        if text[end - 1].isidentifier() or text[end - 1].isdecimal():
            yield ("member" if isinstance(node, ast.Attribute) else "name"), end
    if isinstance(node, ast.keyword) and node.arg is not None:
        yield "keyword", starts[node.lineno - 1] + node.col_offset + len(node.arg)


def line_of(counts: Counter[str]) -> str:
    pieces = counts["pieces"]
    share = 100 * counts["pieces with false errors"] / max(pieces, 1)
    found = ", ".join(
        f"{kind} {counts[f'found {kind}']} of {counts[f'spoiled {kind}']}"
        for kind in ("member", "name", "keyword")
    )
    return (
        f"{pieces} pieces of true text, {counts['pieces with false errors']} with errors ({share:.2f} %), "
        f"{counts['false errors']} errors; spoiled names found: {found}; "
        f"late {counts['late']}, failed {counts['failed']}"
    )


if __name__ == "__main__":
    main()
