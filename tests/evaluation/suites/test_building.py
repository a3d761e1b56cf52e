"""Rows built from repositories: they can be read again as a suite, and are what the papers describe."""

import json
from pathlib import Path

import pytest
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.suites.apieval import ApiConversations, ApiTokens
from holesmith.evaluation.suites.apieval_building import conversation_rows, repositories_in, token_rows
from holesmith.evaluation.suites.bm25 import BM25, terms_of
from holesmith.evaluation.suites.python_apis import apis_of
from holesmith.evaluation.suites.stack_repo import StackRepo
from holesmith.evaluation.suites.stack_repo_building import Building

SHELF = """package shop;

import shop.books.Book;

public class Shelf extends Furniture {
    public int count(Book book) {
        return book.getPages();
    }
}
"""
BOOK = """package shop.books;

public class Book {
    private int pages;

    public int getPages() {
        return pages;
    }
}
"""
FURNITURE = """package shop;

public class Furniture {
    protected int height = 12;
}
"""


@pytest.fixture
def java(tmp_path: Path) -> Path:
    """Two repositories, one of them under an owner, with a file that is there twice."""
    source = tmp_path / "source"
    for path, text in {
        "amy/shop/src/shop/Shelf.java": SHELF,
        "amy/shop/src/shop/books/Book.java": BOOK,
        "amy/shop/src/shop/Furniture.java": FURNITURE,
        "amy/shop/copy/Book.java": BOOK,
        "alone/Main.java": "class Main {\n    int answer = 42;\n}\n",
    }.items():
        file = source / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return source


def test_built_files_are_read_as_stack_repo(java: Path, tmp_path: Path) -> None:
    counts = Building(java, tmp_path / "out").build(lambda: None)
    cases = list(StackRepo(tmp_path / "out").cases())
    assert counts == {"local/alone": 3, "amy/shop": len(cases) - 3}
    for case in cases:
        assert case.workspace is not None
        text = (Path(case.workspace) / case.path).read_text()
        assert case.prefix + case.target + case.suffix == text
    assert len({case.id for case in cases}) == len(cases)
    assert sum("Book.java" in case.path for case in cases) == BOOK.count("\n") - 2


def test_all_63_proposals_are_there_in_the_published_places(java: Path, tmp_path: Path) -> None:
    Building(java, tmp_path / "out").build(lambda: None)
    cases = {case.target: case for case in StackRepo(tmp_path / "out").cases()}
    passages = cases[".getPages();"].passages
    titles = [passage.title for passage in passages]
    assert len(titles) == len(set(titles)) == 63
    assert (titles[0], titles[16]) == ("in_file#lines#0.75", "codex")
    text = {passage.title: passage.text for passage in passages}
    assert text["codex"].endswith("        return book")
    assert text["in_file#lines#0.75"] == "    }\n}\n"
    assert "getPages" in text["import_file#method_names#0.5"]
    assert "height" in text["parent_class_file#field_declarations#0.5"]
    assert not any("book.getPages();" in passage.text for passage in passages)


def test_bm25_contexts_are_of_other_files(java: Path, tmp_path: Path) -> None:
    Building(java, tmp_path / "out").build(lambda: None)
    cases = {case.target: case for case in StackRepo(tmp_path / "out", contexts="bm25").cases()}
    titles = [passage.title for passage in cases[".getPages();"].passages]
    assert "copy/Book.java" in titles
    assert "src/shop/Shelf.java" not in titles
    assert titles.count("codex") == 1


def test_holes_are_drawn_by_seed_and_a_second_build_is_the_same(java: Path, tmp_path: Path) -> None:
    ids: list[list[str]] = []
    for seed, name in ((1, "a"), (1, "b"), (2, "c")):
        Building(java, tmp_path / name, per_repository=3, seed=seed).build(lambda: None)
        ids.append([case.id for case in StackRepo(tmp_path / name).cases()])
    assert ids[0] == ids[1] != ids[2]
    assert len(ids[0]) == 6


def test_a_folder_without_java_is_told(tmp_path: Path) -> None:
    (tmp_path / "source" / "empty").mkdir(parents=True)
    with pytest.raises(EvaluationError, match="no repository with Java files"):
        Building(tmp_path / "source", tmp_path / "out").build(lambda: None)
    with pytest.raises(EvaluationError, match="no such folder"):
        Building(tmp_path / "gone", tmp_path / "out").build(lambda: None)


PYTHON = {
    "library/shelf.py": '''class Shelf:
    def __init__(self, width: int) -> None:
        self.width = width

    def add_book(self, title: str) -> None:
        """Put a book at the end of it. More follows."""

    def _hidden(self) -> None:
        """Something that nobody should call."""


def widest(shelves: list[Shelf]) -> Shelf:
    """The widest one"""
''',
    "library/broken.py": "def (",
    "main.py": """import library.shelf as shelves
from library.shelf import Shelf


class Store:
    def __init__(self, shelf: Shelf | None) -> None:
        self.shelf = shelf
        self.other = Shelf(3)

    def fill(self) -> None:
        self.shelf.add_book("Ä"); self.other.add_book("b")
        unknown.add_book("c")
        self.shelf.print()
        shelves.widest([])
""",
}


@pytest.fixture
def python(tmp_path: Path) -> Path:
    source = tmp_path / "python"
    for path, text in PYTHON.items():
        file = source / "store" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return source


def test_api_rows_are_the_calls_whose_receiver_is_known(python: Path, tmp_path: Path) -> None:
    rows = list(token_rows(python / "store"))
    assert [(row["receiver"], row["target"], row["receiver_kind"]) for row in rows] == [
        ("self.shelf", "add_book", "variable_of_imported_class"),
        ("self.other", "add_book", "variable_of_imported_class"),
        ("shelves", "widest", "imported_module_or_class"),
    ]
    assert rows[0]["defined_in"] == ["store/library/shelf.py"]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    cases = list(ApiTokens(file, python).cases())
    assert [case.prefix.rsplit("\n")[-1].split(";")[-1].strip() for case in cases] == [
        "self.shelf.",
        "self.other.",
        "shelves.",
    ]


def test_requests_are_first_sentences_that_do_not_name_the_api(python: Path, tmp_path: Path) -> None:
    rows = list(conversation_rows(python / "store"))
    assert [(row["target"], row["request"]) for row in rows] == [("add_book", "Put a book at the end of it.")]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (case,) = ApiConversations(file, python).cases()
    assert case.slices["retrieved"] == "yes"


def test_apis_have_their_names_and_parameters(python: Path) -> None:
    apis = {api.qualified_name: api.parameters for api in apis_of(python / "store")}
    assert apis["library.shelf.Shelf"] == "(width: int) -> None"
    assert apis["library.shelf.widest"] == "(shelves: list[Shelf]) -> Shelf"
    assert "main.Store.fill" in apis


def test_repositories_are_the_folders(python: Path) -> None:
    assert [path.name for path in repositories_in(python)] == ["store"]
    with pytest.raises(EvaluationError, match="no folder of a repository"):
        repositories_in(python / "store" / "library")


def test_names_are_split_into_their_words() -> None:
    assert terms_of("getHTTPHeaders add_book2") == ["get", "http", "headers", "add", "book", "2"]


def test_rare_terms_count_more_and_texts_without_any_are_not_found() -> None:
    index = BM25(["add book", "add shelf", "add shelf book page", "nothing"])
    found = index.best("book page", 10)
    assert [place for place, _ in found] == [2, 0]
    assert index.best("unheard of", 3) == []
    assert index.best("add", 1)[0][0] == 0
