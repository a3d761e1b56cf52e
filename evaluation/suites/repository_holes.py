"""Holes cut from any repository: the user's own code as a data set.

Kinds: ``attribute`` (from behind a dot to the end of the line), ``argument`` (the text between the brackets
of a call on one line), ``import`` (the names that a line of Python imports from a module of its own
repository), ``line`` (the second half of a line, RLPG's holes with the column counted in the raw line),
``statement`` (a whole line from its first character on), ``body`` (the body of a short function).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

from holesmith.analysis.outline.symbols import function_bodies
from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.analysis.syntax.lexer import Token, tokenize
from holesmith.evaluation.case import Case, Extent
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.run import drawn
from holesmith.evaluation.slices import length_slice
from holesmith.evaluation.source_tree import SourceFile, line_and_column, source_files
from holesmith.evaluation.suites.hole_kind import HOLE_KINDS, HoleKind

# Longer bodies and texts make no holes.
BODY_LINES_MAX = 15
TARGET_CHARACTERS_MAX = 800
_COMMENT_STARTS = {"python": ("#",)}
_OTHER_COMMENT_STARTS = ("*", "/")

Cut = tuple[int, int]
"""The half-open offsets of the text that is taken out."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A place for a case. The case, which copies the file's text, is made only when it is needed."""

    kind: HoleKind
    root: Path
    file: SourceFile
    start: int
    stop: int

    @property
    def id(self) -> str:
        """The key by which holes are drawn at random. It must not change, or other holes would be drawn."""
        return f"{self.kind}/{self.root.name}/{self.file.path}:{self.start}"

    @property
    def name(self) -> str:
        """The name for people.

        It has the line from 1 and the column from 0, as ``holesmith complete`` takes them.
        """
        line, column = line_and_column(self.file.text, self.start)
        return f"{self.kind}/{self.root.name}/{self.file.path}:{line}:{column}"

    def case(self) -> Case:
        file, target = self.file, self.file.text[self.start : self.stop]
        extent: Extent = "statement" if self.kind == "body" else "line"
        return Case(
            id=self.name,
            repository=self.root.name,
            path=file.path,
            language=file.language,
            prefix=file.text[: self.start],
            suffix=file.text[self.stop :],
            target=target,
            extent=extent,
            workspace=str(self.root),
            slices={
                "kind": self.kind,
                "length": length_slice(target),
                "folder": file.path.rpartition("/")[0] or ".",
                "language": file.language,
            },
        )


@dataclass(frozen=True, slots=True)
class RepositoryHoles:
    """The suite.

    ``per_kind`` holes of each kind and repository are drawn by ``seed``; None takes all holes.
    """

    roots: Sequence[Path]
    kinds: Sequence[HoleKind] = HOLE_KINDS
    per_kind: int | None = 40
    seed: int = 0
    language: str | None = None

    def cases(self) -> Iterator[Case]:
        """Yield kinds and repositories in turn, so that a run cut short has some of each; files in order.

        Raises EvaluationError if there is nothing to cut from.
        """
        for root in self.roots:
            if not root.is_dir():
                raise EvaluationError(f"{root}: no such folder")
        found = False
        for turn in zip_longest(*(self._of_kind(root, kind) for kind in self.kinds for root in self.roots)):
            for hole in filter(None, turn):
                found = True
                yield hole.case()
        if not found:
            roots, kinds = ", ".join(map(str, self.roots)), ", ".join(self.kinds)
            raise EvaluationError(f"{roots}: no source file with a hole of the kinds {kinds}")

    def _of_kind(self, root: Path, kind: HoleKind) -> Iterator[Hole]:
        holes = self._all_of_kind(root, kind)
        yield from holes if self.per_kind is None else drawn(holes, self.per_kind, self.seed)

    def _all_of_kind(self, root: Path, kind: HoleKind) -> Iterator[Hole]:
        resolved = root.resolve()
        for file in source_files(root, self.language):
            for start, stop in cuts_of(kind, file):
                if 0 < stop - start <= TARGET_CHARACTERS_MAX and file.text[start:stop].strip():
                    yield Hole(kind, resolved, file, start, stop)


def cuts_of(kind: HoleKind, file: SourceFile) -> Iterator[Cut]:
    return _CUTS[kind](file)


def _attributes(file: SourceFile) -> Iterator[Cut]:
    tokens = _tokens(file)
    for dot, name in pairwise(tokens):
        if dot.text == "." and name.kind == "word" and dot.stop == name.start:
            yield name.start, _line_stop(file.text, name.start)


def _arguments(file: SourceFile) -> Iterator[Cut]:
    opened: list[tuple[Token, bool]] = []
    before: Token | None = None
    for token in _tokens(file):
        if token.kind == "open":
            is_call = token.text == "(" and before is not None and before.kind == "word"
            opened.append((token, is_call and before is not None and before.stop == token.start))
        elif token.kind == "close" and opened:
            opener, is_call = opened.pop()
            if is_call and "\n" not in file.text[opener.stop : token.start]:
                yield opener.stop, token.start
        before = token


_IMPORT = re.compile(r"^from (\.*)([\w.]*) import (?=[\w*])", re.M)


def _imports(file: SourceFile) -> Iterator[Cut]:
    """Cut the names of imports from the repository's own modules.

    Those are relative modules, and the modules of the file's own package.
    """
    package = file.path.split("/")[0]
    for found in _IMPORT.finditer(file.text) if file.language == "python" else ():
        if found[1] or found[2].split(".")[0] == package:
            yield found.end(), _line_stop(file.text, found.end())


def half_lines(text: str, language: str) -> Iterator[tuple[int, int, Cut]]:
    """Yield the line, the column and the cut of each hole of RLPG: the second half of each line's text.

    The published column is that of the stripped line but is used in the raw one, which cuts indented lines
    too early; here it counts from where the text of the line begins.
    """
    start = 0
    for number, line in enumerate(text.split("\n")):
        stripped = line.strip()
        if stripped and not is_comment(stripped, language):
            column = line.index(stripped) + len(stripped) // 2
            yield number, column, (start + column, start + len(line.rstrip("\r")))
        start += len(line) + 1


def is_comment(stripped: str, language: str) -> bool:
    """True if a line is a comment by RLPG's rule, which looks at its beginning."""
    return stripped.startswith(_COMMENT_STARTS.get(language, _OTHER_COMMENT_STARTS))


def _lines(file: SourceFile) -> Iterator[Cut]:
    return (cut for _, _, cut in half_lines(file.text, file.language))


def _statements(file: SourceFile) -> Iterator[Cut]:
    start = 0
    for line in file.text.split("\n"):
        stripped = line.strip()
        if len(stripped) > 2 and not is_comment(stripped, file.language):
            yield start + line.index(stripped), start + len(line.rstrip())
        start += len(line) + 1


def _bodies(file: SourceFile) -> Iterator[Cut]:
    for body in function_bodies(file.language, file.text):
        inside = body.of(file.text)
        braces = inside.startswith("{") and inside.endswith("}")
        start, stop = (body.start + 1, body.stop - 1) if braces else (body.start, body.stop)
        if file.text.count("\n", start, stop) < BODY_LINES_MAX:
            yield start, stop


_CUTS: Mapping[HoleKind, Callable[[SourceFile], Iterator[Cut]]] = {
    "attribute": _attributes,
    "argument": _arguments,
    "import": _imports,
    "line": _lines,
    "statement": _statements,
    "body": _bodies,
}


def _tokens(file: SourceFile) -> list[Token]:
    return [token for token in tokenize(rules_of(file.language), file.text) if token.kind != "newline"]


def _line_stop(text: str, start: int) -> int:
    stop = text.find("\n", start)
    return len(text[:stop].rstrip("\r") if stop >= 0 else text)
