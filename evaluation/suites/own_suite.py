"""The suite that comes with the program: small holes in Python and Java, written to notice any change.

Some holes lie in a repository whose other files tell the right answer; it is written to the user's cache.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from holesmith.evaluation.case import Case
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.json_lines import SourceRow, read_json_lines
from holesmith.evaluation.runs.run_folder import write_whole
from holesmith.system.private_files import NoPrivateFolderError, cache_folder

HOLE_MARK = "⟦hole⟧"
ROWS_NAME = "own_suite.jsonl"
FILES_NAME = "own_repositories.jsonl"


@dataclass(frozen=True, slots=True)
class OwnSuite:
    """The suite.

    Each row has ``id``, ``path``, ``language``, ``kind``, ``text`` with one mark for the hole, ``target``,
    and the name of its repository if the file lies in one.
    """

    def cases(self) -> Iterator[Case]:
        """Write the repositories, then yield the cases. Raises OSError if the cache can't be written."""
        folder = repositories_folder()
        for row in rows_of(FILES_NAME):
            put(folder / row.text("repository") / row.text("path"), row.text("text"))
        for row in rows_of(ROWS_NAME):
            yield _case(row, folder)


def rows_of(name: str) -> Iterator[SourceRow]:
    with as_file(files("holesmith.evaluation").joinpath(name)) as file:
        yield from read_json_lines(file)


def repositories_folder() -> Path:
    """Return the folder of the repositories. Raises EvaluationError if the user has no place for caches."""
    try:
        return cache_folder() / "own-suite"
    except NoPrivateFolderError as error:
        raise EvaluationError(str(error)) from None


def put(path: Path, text: str) -> None:
    """Write a file unless it has this text already: the index goes by the dates of files."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)


def _case(row: SourceRow, folder: Path) -> Case:
    parts = row.text("text").split(HOLE_MARK)
    if len(parts) != 2:
        raise row.error(f"'text' has {len(parts) - 1} holes, not one")
    kind, repository = row.text("kind"), row.optional_text("repository")
    return Case(
        id=row.text("id"),
        repository=repository or "own",
        path=row.text("path"),
        language=row.text("language"),
        prefix=parts[0],
        suffix=parts[1],
        target=row.text("target"),
        extent="statement" if kind == "body" else "line",
        workspace=None if repository is None else str(folder / repository),
        slices={
            "kind": kind,
            "language": row.text("language"),
            "files": "one" if repository is None else "several",
        },
    )
