"""A small repository on disk with its index, made for one test."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.languages import language_of
from holesmith.context.index.build import BuildReport, Workspace, scan
from holesmith.context.index.files import Limits
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules
from holesmith.context.index.reader import Index
from holesmith.context.index.schema import open_writer
from holesmith.context.prompt.budget import Budget
from holesmith.context.request import ContextRequest
from holesmith.context.retrieval.deadline import Deadline
from holesmith.context.retrieval.retrieve import Choice, ContextQuery, RetrievedContext, retrieve
from holesmith.context.snippet import Snippet
from holesmith.context.sources.catalogue import SOURCES
from holesmith.context.surroundings import Surroundings

from tests.fakes import byte_vocabulary

CURSOR = "<CURSOR>"
VOCABULARY = byte_vocabulary()
NEVER = Deadline(float("inf"), float("inf"))


@dataclass(frozen=True)
class Repository:
    root: Path
    database: Path
    index: Index

    def write(self, files: Mapping[str, str]) -> None:
        write_files(self.root, files)

    def scan(self) -> BuildReport:
        connection = open_writer(self.database)
        try:
            return scan(self.workspace(connection))
        finally:
            connection.close()

    def workspace(self, connection: object = None, limits: Limits | None = None) -> Workspace:
        connection = connection or open_writer(self.database)
        return Workspace(self.root, connection, IgnoreRules(self.root), limits or Limits())  # pyright: ignore[reportArgumentType]  # a connection

    def request(self, path: str, document: str, **known: object) -> ContextRequest:
        prefix, suffix = document.split(CURSOR)
        return ContextRequest(self.root, path, language_of(path), prefix, suffix, **known)  # pyright: ignore[reportArgumentType]  # fields by name

    def around(
        self, path: str, document: str, shown_before: int = 200, shown_after: int = 50, **known: object
    ) -> Surroundings:
        return Surroundings(self.request(path, document, **known), shown_before, shown_after)

    def snippets(self, source: str, path: str, document: str, **known: object) -> list[Snippet]:
        """What one source finds for the hole at the cursor mark."""
        find = next(each.find for each in SOURCES if each.name == source)
        return list(find(Surroundings(self.request(path, document, **known), 200, 50), self.index))

    def retrieve(self, path: str, document: str, tokens: int = 2_000, **known: object) -> RetrievedContext:
        sources = known.pop("sources", None)
        choice = Choice(frozenset(sources)) if sources else Choice()  # pyright: ignore[reportArgumentType]  # names
        request = self.request(path, document, **known)
        return retrieve(ContextQuery(request, VOCABULARY, Budget(tokens, 60, 20), NEVER, choice), self.index)


def make_repository(folder: Path, files: Mapping[str, str]) -> Repository:
    root, database = folder / "work", folder / "cache" / "index.sqlite3"
    root.mkdir()
    repository = Repository(root, database, Index(database))
    repository.write(files)
    repository.scan()
    return repository


def write_files(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
