"""Stack-Repo, RepoFusion's data set, read in its published layout and streamed, because it has 498 GB.

Layout: ``data/<split>/<owner>/`` holds the repository's files and three files of JSON lines, each row with
``id``, ``question``, ``target`` and ``ctxs`` (``title``, ``text``, ``score``), best rule first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from holesmith.evaluation.case import Case, Passage
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.json_lines import SourceRow, is_encodable, read_json_lines, read_source
from holesmith.evaluation.runs.packing import split_prior
from holesmith.evaluation.slices import kind_slice, length_slice

Contexts = Literal["PP", "bm25", "randomNN"]
Split = Literal["train", "val", "test"]

_PLACE = re.compile(r"(?P<path>.+\.java)_(?P<line>\d{1,9})_(?P<column>\d{1,9})\Z")


def contexts_name(contexts: Contexts) -> str:
    return f"hole_and_{contexts}_contexts.json"


@dataclass(frozen=True, slots=True)
class StackRepo:
    """The suite. ``root`` is the folder that holds ``data/``, or ``data`` itself."""

    root: Path
    split: Split = "test"
    contexts: Contexts = "PP"

    def cases(self) -> Iterator[Case]:
        """Yield the cases.

        Raises EvaluationError for a missing file, MalformedRowError for a row that is not of the layout.
        """
        for file in self.files():
            for row in read_json_lines(file):
                yield case_of(row, file.parent)

    def files(self) -> list[Path]:
        folders = [self.root / "data" / self.split, self.root / self.split]
        folder = next((folder for folder in folders if folder.is_dir()), None)
        if folder is None:
            raise EvaluationError(f"{self.root}: neither data/{self.split} nor {self.split} is in it")
        owners = sorted(path for path in folder.iterdir() if path.is_dir())
        files = [owner / contexts_name(self.contexts) for owner in owners]
        if not files:
            raise EvaluationError(f"{folder}: no folder of an owner is in it")
        if missing := next((file for file in files if not file.is_file()), None):
            raise EvaluationError(f"{missing}: no such file")
        return files


def case_of(row: SourceRow, owner_folder: Path) -> Case:
    """Return the hole with its contexts, and with its whole file if the repository's files are there."""
    hole_id, question, target = row.text("id"), row.text("question"), row.text("target")
    passages = tuple(_passage(row, item) for item in row.items("ctxs"))
    repository, path = repository_and_path(hole_id)
    try:
        found = find_hole(owner_folder, hole_id, target)
    except EvaluationError as error:
        raise row.error(str(error)) from None
    prior = split_prior(passages)[0].text
    prefix, suffix = (found.prefix, found.suffix) if found else (prior, passages[0].text if passages else "")
    return Case(
        id=hole_id,
        repository=repository,
        path=found.path if found else path,
        language="java",
        prefix=prefix,
        suffix=suffix,
        target=target,
        extent="line",
        workspace=str(found.repository) if found else None,
        passages=passages,
        slices={"repository": repository, "length": length_slice(target), "kind": kind_slice(target)},
        facts={"question": question},
    )


def _passage(row: SourceRow, item: object) -> Passage:
    if not isinstance(item, dict):
        raise row.error("'ctxs' holds something that is not an object")
    fields = cast("dict[str, object]", item)
    title, text, score = fields.get("title"), fields.get("text"), fields.get("score", 0)
    if not isinstance(title, str) or not isinstance(text, str):
        raise row.error("a context in 'ctxs' lacks 'title' or 'text'")
    if not is_encodable(title) or not is_encodable(text):
        raise row.error("a context in 'ctxs' has half of a surrogate pair in it")
    try:
        return Passage(title, text, float(cast("float", score)))
    except (TypeError, ValueError, OverflowError):
        raise row.error(f"the score of context {title!r} is not a number") from None


@dataclass(frozen=True, slots=True)
class _FoundHole:
    repository: Path
    path: str
    prefix: str
    suffix: str


def find_hole(owner_folder: Path, hole_id: str, target: str) -> _FoundHole | None:
    """Find the hole in its file, by the path and line in its id; None if they are not there.

    The column is taken from the target, which is the rest of the line: the published column is that of the
    stripped line, applied to the raw line.
    """
    place = _PLACE.match(hole_id)
    if place is None:
        return None
    parts = place["path"].split("/")
    for first in range(len(parts) - 1):
        file = owner_folder.joinpath(*parts[first:])
        if ".." not in parts and _is_file(file):
            repository = owner_folder / parts[first]
            found = _hole_in(read_source(file), int(place["line"]), target)
            return _FoundHole(repository, "/".join(parts[first + 1 :]), *found) if found else None
    return None


def _is_file(path: Path) -> bool:
    """True for a file; False also for a name that the system rejects, such as one that is too long."""
    try:
        return path.is_file()
    except OSError:
        return False


def _hole_in(text: str, line: int, target: str) -> tuple[str, str] | None:
    start = 0
    for _ in range(line):
        start = text.find("\n", start) + 1
        if start == 0:
            return None
    line_break = text.find("\n", start)
    stop = len(text) if line_break < 0 else line_break
    stop -= text[start:stop].endswith("\r")
    if not text[start:stop].endswith(target):
        return None
    return text[: stop - len(target)], text[stop:]


def repository_and_path(hole_id: str) -> tuple[str, str]:
    """Return ``owner/name`` and the file's path, as far as the id has them."""
    place = _PLACE.match(hole_id)
    parts = (place["path"] if place else hole_id).split("/")
    if parts[0] in ("train", "val", "test"):
        del parts[0]
    return "/".join(parts[:2]), "/".join(parts[2:]) or parts[-1]
