"""Builds files in Stack-Repo's layout from any folder of Java repositories.

With them, users can run the suite on their own code. Holes are RLPG's, with the column counted in the raw
line. Contexts are the 63 prompt proposals, or BM25 over pieces of the other files. Call results on such files
"Stack-Repo-derived", never "Stack-Repo".
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from holesmith.evaluation.case import Passage
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.packing import PRIOR_PLACE, PRIOR_TITLE
from holesmith.evaluation.runs.run_folder import write_whole
from holesmith.evaluation.source_tree import SourceFile, source_files
from holesmith.evaluation.suites.bm25 import BM25
from holesmith.evaluation.suites.prompt_proposals import ProposalMaker
from holesmith.evaluation.suites.repository_holes import half_lines
from holesmith.evaluation.suites.stack_repo import Split, contexts_name

BuiltContexts = Literal["PP", "bm25"]

# Limits of the file's own contexts, in characters before and behind the hole.
PRIOR_CHARACTERS_MAX = 16_000
POST_CHARACTERS_MAX = 16_000
QUESTION_LINES = 3
# BM25 searches pieces of CHUNK_LINES lines, by the last QUERY_LINES lines before the hole, and keeps the best
# CHUNKS_MAX.
CHUNK_LINES = 20
CHUNKS_MAX = 40
QUERY_LINES = 10
TOP_RULE = "in_file#lines#0.75"
"""The best single rule of RLPG: the text behind the hole's line. It comes first in Stack-Repo's files."""


@dataclass(frozen=True, slots=True)
class Building:
    """One build.

    ``per_repository`` holes of each repository are drawn by ``seed`` (RLPG: 10,000, seed 9).
    """

    source: Path
    out: Path
    split: Split = "test"
    per_repository: int = 10_000
    seed: int = 9
    contexts: Sequence[BuiltContexts] = ("PP", "bm25")

    def build(self, on_hole: Callable[[], None]) -> dict[str, int]:
        """Write the files, and return the number of holes of each repository.

        ``on_hole`` is called for each hole. Raises EvaluationError if there is no Java in ``source``, or no
        place to write.
        """
        counts: dict[str, int] = {}
        lines: dict[tuple[str, BuiltContexts], list[str]] = {}
        for owner, repository in repositories_of(self.source):
            files = list(without_copies(source_files(repository, "java")))
            for file in files:
                self._copy(file, owner, repository.name)
            holes = self._holes(files, f"{self.split}/{owner}/{repository.name}")
            counts[f"{owner}/{repository.name}"] = len(holes)
            with tempfile.TemporaryDirectory() as scratch, ProposalMaker(repository, Path(scratch)) as maker:
                makers = {"PP": proposals_by(maker), "bm25": retrieval_over(files)}
                for hole in holes:
                    for kind in self.contexts:
                        row = row_of_hole(hole, makers[kind](hole))
                        lines.setdefault((owner, kind), []).append(json.dumps(row, ensure_ascii=False) + "\n")
                    on_hole()
        for (owner, kind), rows in lines.items():
            write_whole(self._folder(owner) / contexts_name(kind), "".join(rows))
        if not any(counts.values()):
            raise EvaluationError(f"{self.source}: no repository with Java files is in it")
        return counts

    def _folder(self, owner: str) -> Path:
        return self.out / "data" / self.split / owner

    def _copy(self, file: SourceFile, owner: str, repository: str) -> None:
        target = self._folder(owner) / repository / file.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.text.encode())
        except OSError as error:
            raise EvaluationError(f"{target}: can't be written: {error.strerror}") from None

    def _holes(self, files: Sequence[SourceFile], start: str) -> list["BuiltHole"]:
        found = [hole for file in files for hole in holes_of(file, start)]
        if len(found) <= self.per_repository:
            return found
        chosen = sorted(found, key=lambda hole: hashlib.sha256(f"{self.seed}/{hole.id}".encode()).digest())
        kept = {hole.id for hole in chosen[: self.per_repository]}
        return [hole for hole in found if hole.id in kept]


@dataclass(frozen=True, slots=True)
class BuiltHole:
    """A hole of a built suite. ``suffix`` begins with the line break behind the hole's line."""

    id: str
    path: str
    prefix: str
    suffix: str
    target: str


Contexts = Callable[[BuiltHole], list[Passage]]


def repositories_of(source: Path) -> Iterator[tuple[str, Path]]:
    """Yield the ``<owner>/<repository>`` folders.

    A folder that has files itself is a repository of the owner "local".
    """
    if not source.is_dir():
        raise EvaluationError(f"{source}: no such folder")
    for folder in _folders(source):
        if any(path.is_file() for path in folder.iterdir()):
            yield "local", folder
        else:
            yield from ((folder.name, repository) for repository in _folders(folder))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def without_copies(files: Iterator[SourceFile]) -> Iterator[SourceFile]:
    """Yield each text once: of files with the same text, the first by path."""
    seen: set[str] = set()
    for file in files:
        if file.text not in seen:
            seen.add(file.text)
            yield file


def holes_of(file: SourceFile, start: str) -> Iterator[BuiltHole]:
    for line, column, (begin, stop) in half_lines(file.text, file.language):
        yield BuiltHole(
            id=f"{start}/{file.path}_{line}_{column}",
            path=file.path,
            prefix=file.text[:begin],
            suffix=file.text[stop:],
            target=file.text[begin:stop],
        )


def row_of_hole(hole: BuiltHole, contexts: Sequence[Passage]) -> Mapping[str, object]:
    question = "\n".join(hole.prefix.split("\n")[-QUESTION_LINES:])
    return {
        "id": hole.id,
        "question": question,
        "target": hole.target,
        "ctxs": [asdict(context) for context in contexts],
    }


def proposals_by(maker: ProposalMaker) -> Contexts:
    """Return contexts by all 63 rules.

    The top rule comes first, the prior at its published place, the others by their worth.
    """

    def contexts(hole: BuiltHole) -> list[Passage]:
        found = list(maker.proposals(hole.path, "java", hole.prefix, hole.suffix))
        ranked = sorted(
            (each for each in found if each.name not in (TOP_RULE, PRIOR_TITLE)), key=lambda each: -each.worth
        )
        others = [Passage(each.name, each.text, round(each.worth, 4)) for each in ranked]
        return with_own_file(others, hole)

    return contexts


def retrieval_over(files: Sequence[SourceFile]) -> Contexts:
    """Return contexts by BM25: the pieces of other files that are most like the lines before the hole."""
    pieces = [(file.path, piece) for file in files for piece in pieces_of(file.text)]
    index = BM25([piece for _, piece in pieces])

    def contexts(hole: BuiltHole) -> list[Passage]:
        query = "\n".join([line for line in hole.prefix.split("\n") if line.strip()][-QUERY_LINES:])
        hits = [(*pieces[place], score) for place, score in index.best(query, 4 * CHUNKS_MAX)]
        others = [Passage(path, piece, round(score, 4)) for path, piece, score in hits if path != hole.path]
        return with_own_file(others[:CHUNKS_MAX], hole)

    return contexts


def with_own_file(others: Sequence[Passage], hole: BuiltHole) -> list[Passage]:
    """Put the text behind the hole's line first and the text before the hole at index 16, as published."""
    post = hole.suffix.partition("\n")[2][:POST_CHARACTERS_MAX]
    prior = Passage(PRIOR_TITLE, hole.prefix[-PRIOR_CHARACTERS_MAX:], 1.0)
    contexts = [Passage(TOP_RULE, post, 1.0), *others]
    return [*contexts[:PRIOR_PLACE], prior, *contexts[PRIOR_PLACE:]]


def pieces_of(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for start in range(0, len(lines), CHUNK_LINES):
        piece = "\n".join(lines[start : start + CHUNK_LINES]).strip("\n")
        if piece.strip():
            yield piece
