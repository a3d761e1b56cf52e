"""DotPrompts, the monitors paper's data set: an index of dots in Java methods, and their files.

The index is ``dataset.csv`` or the same fields as JSON lines. File texts come from one JSON file
(``{repository: {path: text}}``) or from a folder with a checkout ``<owner>__<name>`` for each repository.
Indices are offsets in characters, with line ends unchanged.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from holesmith.analysis.outline.symbols import symbols_of
from holesmith.evaluation.case import Case
from holesmith.evaluation.errors import EvaluationError, MalformedRowError
from holesmith.evaluation.json_lines import SourceRow, is_encodable, read_json_lines, read_source
from holesmith.evaluation.metrics.java_tokens import first_token
from holesmith.evaluation.metrics.text_metrics import identifiers
from holesmith.evaluation.slices import length_slice
from holesmith.evaluation.source_tree import line_and_column, source_files

FIELDS = ("repo", "classFileName", "methodStartIdx", "methodStopIdx", "dot_idx")
# The number of repositories whose declared names are cached.
REPOSITORIES_KEPT = 4
INDEX_DIGITS_MAX = 18


class Texts(Protocol):
    """The source of the repositories' files."""

    def has(self, repository: str) -> bool: ...

    def text(self, repository: str, path: str) -> str: ...

    def workspace(self, repository: str) -> str | None: ...

    def declared(self, repository: str) -> frozenset[str]:
        """Return the names of all classes, methods and fields that the repository declares."""
        ...


@dataclass(frozen=True, slots=True)
class Checkouts:
    """A folder with a checkout of each repository at the commit of the table."""

    root: Path

    def has(self, repository: str) -> bool:
        try:
            return self._folder(repository).is_dir()
        except OSError:  # a name that is too long
            return False

    def text(self, repository: str, path: str) -> str:
        return read_source(self._folder(repository) / path)

    def workspace(self, repository: str) -> str | None:
        return str(self._folder(repository))

    def declared(self, repository: str) -> frozenset[str]:
        """See `Texts`."""
        return _declared_in_folder(self._folder(repository))

    def _folder(self, repository: str) -> Path:
        return self.root / repository.replace("/", "__")


@lru_cache(REPOSITORIES_KEPT)
def _declared_in_folder(folder: Path) -> frozenset[str]:
    return _declared(file.text for file in source_files(folder, "java"))


@dataclass(frozen=True)
class PackedTexts:
    """``fileContentsByRepo.json``: all texts in one file."""

    file: Path
    contents: Mapping[str, Mapping[str, str]] = field(repr=False)
    names: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]], repr=False)

    def has(self, repository: str) -> bool:
        return repository in self.contents

    def text(self, repository: str, path: str) -> str:
        try:
            return self.contents[repository][path]
        except KeyError:
            raise EvaluationError(f"{self.file}: no file {path} of {repository} in it") from None

    def workspace(self, repository: str) -> str | None:
        return None

    def declared(self, repository: str) -> frozenset[str]:
        """See `Texts`."""
        if repository not in self.names:
            self.names[repository] = _declared(iter(self.contents[repository].values()))
        return self.names[repository]


def _declared(texts: Iterator[str]) -> frozenset[str]:
    return frozenset(symbol.name for text in texts for symbol in symbols_of("java", text).symbols)


def open_texts(path: Path) -> Texts:
    """Open either form of the texts. Raises EvaluationError if ``path`` is neither."""
    if path.is_dir():
        return Checkouts(path)
    try:
        contents = json.loads(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{path}: not JSON: {error}") from None
    if not _holds_texts(contents):
        raise EvaluationError(f"{path}: not an object of repositories, each an object of texts")
    return PackedTexts(path, cast("Mapping[str, Mapping[str, str]]", contents))


def _holds_texts(contents: object) -> bool:
    if not isinstance(contents, dict):
        return False
    repositories = cast("dict[str, object]", contents).values()
    return all(
        isinstance(files, dict)
        and all(
            isinstance(text, str) and is_encodable(text) for text in cast("dict[str, object]", files).values()
        )
        for files in repositories
    )


def read_index(file: Path) -> Iterator[SourceRow]:
    """Yield the rows of the index, whatever its form. Rows count from 1, without the heading."""
    if file.suffix != ".csv":
        yield from read_json_lines(file)
        return
    number = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if missing := [name for name in FIELDS if name not in (reader.fieldnames or ())]:
                raise EvaluationError(f"{file}: the column {missing[0]!r} is missing")
            for number, fields in enumerate(reader, 1):
                yield SourceRow(file, number, _typed(fields))
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedRowError(file, number + 1, f"not CSV: {error}") from None
    except OSError as error:
        raise EvaluationError(f"{file}: can't be read: {error.strerror}") from None


def _typed(fields: Mapping[str | None, str | None]) -> dict[str, object]:
    """Convert a row's values. The csv module uses None for a missing column, and for a missing value."""
    return {
        name: int(value) if name.endswith(("Idx", "_idx")) and _is_index(value) else value
        for name, value in fields.items()
        if name is not None and value is not None
    }


def _is_index(value: str) -> bool:
    return value.isdecimal() and len(value) <= INDEX_DIGITS_MAX


@dataclass(frozen=True, slots=True)
class DotPrompts:
    """The suite.

    ``only_present`` leaves out the repositories that ``texts`` does not have, instead of raising an error.
    """

    index: Path
    texts: Texts
    only_present: bool = False

    def cases(self) -> Iterator[Case]:
        """Yield the cases.

        Raises EvaluationError for a missing file, MalformedRowError for offsets that do not fit their text.
        """
        for row in read_index(self.index):
            repository = row.path("repo")
            if self.texts.has(repository):
                yield self._case(row, repository)
            elif not self.only_present:
                raise row.error(f"no files of {repository} at hand (--only-present leaves such rows out)")

    def _case(self, row: SourceRow, repository: str) -> Case:
        path, start, stop, dot = row.path("classFileName"), *map(row.integer, FIELDS[2:])
        try:
            text = self.texts.text(repository, path)
        except EvaluationError as error:
            raise row.error(str(error)) from None
        if not 0 <= start < dot < stop < len(text) or (text[start], text[dot], text[stop]) != ("{", ".", "}"):
            raise row.error(
                f"the offsets {start}, {dot}, {stop} are not a brace, a dot and a brace of {path}"
            )
        target = text[dot + 1 : stop + 1]
        name = first_token(target) or ""
        line, column = line_and_column(text, dot + 1)
        return Case(
            id=f"{repository}/{path}:{line}:{column}",
            repository=repository,
            path=path,
            language="java",
            prefix=text[: dot + 1],
            suffix=text[stop + 1 :],
            target=target,
            extent="method",
            workspace=self.texts.workspace(repository),
            slices={
                "repository": repository,
                "bucket": self._bucket(row, repository, name, text[:dot]),
                "length": length_slice(name),
            },
            facts={"method_start": start},
        )

    def _bucket(self, row: SourceRow, repository: str, name: str, before: str) -> str:
        """Classify the next identifier by whether the repository declares it and the prefix shows it.

        Context can help only with names that the repository declares and the prefix does not show.
        """
        given = row.fields.get("declared_in_repo")
        declared = given if isinstance(given, bool) else name in self.texts.declared(repository)
        if not declared:
            return "declared elsewhere"
        if name in _words(before):
            return "declared in the repository, in the prefix"
        return "declared in the repository, absent from the prefix"


@lru_cache(REPOSITORIES_KEPT)
def _words(text: str) -> frozenset[str]:
    return frozenset(identifiers(text, "java"))
