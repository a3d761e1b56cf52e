"""Data sets as JSON lines, read one row at a time. An error names its file and row.

Rows count from 1, like the lines of an editor.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar, cast

from holesmith.evaluation.errors import EvaluationError, MalformedRowError

# A longer row is cut here, and then is no JSON.
ROW_CHARACTERS_MAX = 64_000_000
# No file system has longer names, and looking one up raises an error.
PATH_CHARACTERS_MAX, NAME_BYTES_MAX = 1_000, 255

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One object of a file.

    The getters raise MalformedRowError, which names the file, the row and the field.
    """

    file: Path
    number: int
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return text that can be encoded.

        JSON can also contain halves of surrogate pairs, which are no characters.
        """
        value = self._typed(name, str)
        if not is_encodable(value):
            raise self.error(f"{name!r} has half of a surrogate pair in it")
        return value

    def path(self, name: str) -> str:
        """Return a relative path that stays below the folder it will be joined to."""
        value = self.text(name)
        path = PurePosixPath(value)
        fits = len(value) <= PATH_CHARACTERS_MAX and all(
            len(part.encode()) <= NAME_BYTES_MAX for part in path.parts
        )
        if not fits or not path.parts or path.is_absolute() or ".." in path.parts or "\0" in value:
            raise self.error(f"{name!r} is {value!r}, not a path inside of a repository")
        return value

    def integer(self, name: str) -> int:
        return self._typed(name, int)

    def optional_text(self, name: str) -> str | None:
        return None if self.fields.get(name) is None else self.text(name)

    def texts(self, name: str) -> tuple[str, ...]:
        items = self.items(name)
        if not all(isinstance(item, str) and is_encodable(item) for item in items):
            raise self.error(f"{name!r} is not a list of strings")
        return tuple(cast("list[str]", items))

    def items(self, name: str) -> list[object]:
        return cast("list[object]", self._typed(name, list))

    def error(self, reason: str) -> MalformedRowError:
        return MalformedRowError(self.file, self.number, reason)

    def _typed(self, name: str, kind: type[_T]) -> _T:
        if name not in self.fields:
            raise self.error(f"the field {name!r} is missing")
        value = self.fields[name]
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            raise self.error(f"{name!r} is {type(value).__name__}, not {kind.__name__}")
        return value


def read_json_lines(file: Path) -> Iterator[SourceRow]:
    """Yield the objects of a file, without blank lines. The file is read while the rows are used."""
    try:
        with file.open("rb") as lines:
            number = 0
            while line := lines.readline(ROW_CHARACTERS_MAX):
                number += 1
                if line.strip():
                    yield SourceRow(file, number, _object(file, number, line))
    except FileNotFoundError:
        raise EvaluationError(f"{file}: no such file") from None
    except OSError as error:
        raise EvaluationError(f"{file}: can't be read: {error.strerror}") from None


def _object(file: Path, number: int, line: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(line)
    except RecursionError:
        raise MalformedRowError(file, number, "nested too deeply") from None
    except ValueError as error:
        raise MalformedRowError(file, number, f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise MalformedRowError(file, number, f"a {type(value).__name__}, not an object")
    return cast("dict[str, object]", value)


def is_encodable(text: str) -> bool:
    """True if ``text`` has no half of a surrogate pair in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_source(file: Path) -> str:
    """Read a source file with its line ends unchanged. Raises EvaluationError with the file's name."""
    try:
        if file.exists() and not file.is_file():
            raise EvaluationError(f"{file}: not a regular file")
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise EvaluationError(f"{file}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{file}: not UTF-8 at byte {error.start:,}") from None
