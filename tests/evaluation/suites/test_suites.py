"""Suites read in their published layouts, and what is said when a file or a row is not of the layout."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from holesmith.evaluation.case import Case
from holesmith.evaluation.errors import EvaluationError, MalformedRowError
from holesmith.evaluation.suites.apieval import ApiConversations, ApiTokens
from holesmith.evaluation.suites.dotprompts import DotPrompts, open_texts
from holesmith.evaluation.suites.hole_kind import HoleKind
from holesmith.evaluation.suites.humaneval_fim import HumanEvalFIM
from holesmith.evaluation.suites.own_suite import OwnSuite
from holesmith.evaluation.suites.repository_holes import RepositoryHoles, half_lines
from holesmith.evaluation.suites.stack_repo import StackRepo
from holesmith.evaluation.suites.suite import Chosen

SHELF = """package shop;

public class Shelf {
    private int size;

    public int add(Book book) {
        books.append(book.title);
        return size;
    }
}
"""
TITLES = (
    [f"rule {number}" for number in range(16)] + ["codex"] + [f"rule {number}" for number in range(16, 62)]
)


def write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def stack_row(**changes: object) -> dict[str, object]:
    contexts = [{"title": title, "text": f"text of {title}", "score": "0.5"} for title in TITLES]
    row: dict[str, object] = {
        "id": "test/amy/shop/src/Shelf.java_6_14",
        "question": "books.app",
        "target": "end(book.title);",
        "ctxs": contexts,
    }
    return row | changes


def stack_repo(root: Path, *rows: Mapping[str, object]) -> StackRepo:
    owner = root / "data" / "test" / "amy"
    (owner / "shop" / "src").mkdir(parents=True)
    (owner / "shop" / "src" / "Shelf.java").write_text(SHELF)
    write_lines(owner / "hole_and_PP_contexts.json", rows)
    return StackRepo(root)


def test_a_stack_repo_row_comes_with_its_contexts_and_its_file(tmp_path: Path) -> None:
    (case,) = stack_repo(tmp_path, stack_row()).cases()
    assert [passage.title for passage in case.passages] == TITLES
    assert case.prefix + case.target + case.suffix == SHELF
    assert case.prefix.endswith("        books.app")
    assert (case.repository, case.path) == ("amy/shop", "src/Shelf.java")
    assert case.workspace == str(tmp_path / "data" / "test" / "amy" / "shop")


def test_a_published_column_that_is_too_small_does_not_matter(tmp_path: Path) -> None:
    (case,) = stack_repo(tmp_path, stack_row(id="test/amy/shop/src/Shelf.java_6_3")).cases()
    assert case.prefix.endswith("        books.app")


def test_without_the_file_the_prior_and_the_post_context_stand_in(tmp_path: Path) -> None:
    (case,) = stack_repo(tmp_path, stack_row(id="test/amy/shop/src/Gone.java_6_3")).cases()
    assert (case.prefix, case.suffix, case.workspace) == ("text of codex", "text of rule 0", None)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"id": "a", "question": "q", "ctxs": []}, "row 2: the field 'target' is missing"),
        (stack_row(ctxs={}), "row 2: 'ctxs' is dict, not list"),
        (stack_row(ctxs=["text"]), "row 2: 'ctxs' holds something that is not an object"),
        (stack_row(ctxs=[{"title": "t"}]), "row 2: a context in 'ctxs' lacks"),
        (stack_row(ctxs=[{"title": "t", "text": "", "score": "high"}]), "row 2: the score of context 't'"),
    ],
)
def test_a_malformed_stack_repo_row_is_named(
    tmp_path: Path, row: Mapping[str, object], complaint: str
) -> None:
    suite = stack_repo(tmp_path, stack_row(), row)
    with pytest.raises(MalformedRowError, match=complaint) as caught:
        list(suite.cases())
    assert "hole_and_PP_contexts.json" in str(caught.value)


def test_what_is_not_json_is_named_and_rows_before_it_are_streamed(tmp_path: Path) -> None:
    suite = stack_repo(tmp_path, stack_row())
    with (tmp_path / "data" / "test" / "amy" / "hole_and_PP_contexts.json").open("a") as file:
        file.write("{not json\n")
    cases = suite.cases()
    assert next(cases).target == "end(book.title);"
    with pytest.raises(MalformedRowError, match="row 2: not JSON"):
        next(cases)


def test_a_missing_context_file_is_named(tmp_path: Path) -> None:
    suite = replace(stack_repo(tmp_path, stack_row()), contexts="bm25")
    with pytest.raises(EvaluationError, match=r"amy/hole_and_bm25_contexts\.json: no such file"):
        list(suite.cases())
    with pytest.raises(EvaluationError, match="neither data/val nor val"):
        list(replace(suite, split="val").cases())


def dot_row(**changes: object) -> dict[str, object]:
    dot = SHELF.index("books.") + 5
    row: dict[str, object] = {
        "repo": "amy/shop",
        "classFileName": "src/Shelf.java",
        "methodStartIdx": SHELF.index("{", dot - 40),
        "methodStopIdx": SHELF.index("}", dot),
        "dot_idx": dot,
    }
    return row | changes


def dotprompts(tmp_path: Path, *rows: Mapping[str, object], packed: bool = False) -> DotPrompts:
    if packed:
        texts = tmp_path / "fileContentsByRepo.json"
        texts.write_text(json.dumps({"amy/shop": {"src/Shelf.java": SHELF}}))
    else:
        texts = tmp_path / "checkouts"
        (texts / "amy__shop" / "src").mkdir(parents=True)
        (texts / "amy__shop" / "src" / "Shelf.java").write_bytes(SHELF.encode())
    return DotPrompts(write_lines(tmp_path / "index.jsonl", rows), open_texts(texts))


@pytest.mark.parametrize("packed", [False, True])
def test_a_dot_is_cut_out_of_its_method(tmp_path: Path, packed: bool) -> None:
    (case,) = dotprompts(tmp_path, dot_row(), packed=packed).cases()
    assert case.prefix.endswith("        books.")
    assert case.target == "append(book.title);\n        return size;\n    }"
    assert case.suffix == "\n}\n"
    assert case.slices["bucket"] == "declared elsewhere"
    assert (case.workspace is None) == packed


def test_the_bucket_tells_what_only_the_repository_knows(tmp_path: Path) -> None:
    given = dot_row(declared_in_repo=True)
    (case,) = dotprompts(tmp_path, given).cases()
    assert case.slices["bucket"] == "declared in the repository, absent from the prefix"


def test_an_index_as_csv_is_the_same(tmp_path: Path) -> None:
    row = dot_row()
    expected = list(dotprompts(tmp_path, row).cases())
    table = tmp_path / "dataset.csv"
    table.write_text(",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n")
    assert list(DotPrompts(table, open_texts(tmp_path / "checkouts")).cases()) == expected
    table.write_text("repo,dot_idx\nx,1\n")
    with pytest.raises(EvaluationError, match="the column 'classFileName' is missing"):
        list(DotPrompts(table, open_texts(tmp_path / "checkouts")).cases())


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"dot_idx": 100_000}, "are not a brace, a dot and a brace"),
        ({"dot_idx": "12"}, "'dot_idx' is str, not int"),
        ({"repo": "bob/shop"}, "no files of bob/shop at hand"),
        ({"classFileName": "src/Gone.java"}, "Gone.java: can't be read"),
    ],
)
def test_a_dot_that_does_not_fit_is_named(
    tmp_path: Path, changes: Mapping[str, object], complaint: str
) -> None:
    with pytest.raises(EvaluationError, match=complaint):
        list(dotprompts(tmp_path, dot_row(**changes)).cases())


def test_repositories_not_at_hand_can_be_left_out(tmp_path: Path) -> None:
    suite = dotprompts(tmp_path, dot_row(repo="bob/shop"), dot_row())
    assert [case.repository for case in replace(suite, only_present=True).cases()] == ["amy/shop"]


def humaneval_row() -> dict[str, object]:
    return {
        "name": "add.json-L2",
        "language": "py",
        "prompt": "def add(a, b):",
        "suffix": "# end",
        "canonical_solution": "    return a + b",
    }


def test_humaneval_rows_are_as_published_or_with_whole_lines(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "rows.jsonl", [humaneval_row()])
    (published,) = HumanEvalFIM(file).cases()
    (whole,) = HumanEvalFIM(file, whole_lines=True).cases()
    assert (published.prefix, published.suffix) == ("def add(a, b):", "# end")
    assert (whole.prefix, whole.suffix) == ("def add(a, b):\n", "\n# end")
    assert published.language == "python"


STOCK = "from shop.shelf import Shelf\n\nshelf = Shelf()\nshelf.add_book(1)\n"


def api_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "repositories"
    (folder / "store" / "shop").mkdir(parents=True)
    (folder / "store" / "stock.py").write_text(STOCK)
    (folder / "store" / "shop" / "shelf.py").write_text(
        'class Shelf:\n    def add_book(self, isbn: int) -> None:\n        """Put one more on it."""\n'
        "\n    def clear(self) -> None:\n        pass\n"
    )
    return folder


def api_row(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "id": "a",
        "file": "store/stock.py",
        "line": 3,
        "col": 6,
        "target": "add_book",
        "receiver_kind": "variable_of_imported_class",
    }
    return row | changes


def test_an_api_token_is_cut_with_the_rest_of_its_line(tmp_path: Path) -> None:
    rows = write_lines(tmp_path / "rows.jsonl", [api_row()])
    (case,) = ApiTokens(rows, api_folder(tmp_path)).cases()
    assert case.prefix.endswith("\nshelf.")
    assert case.suffix == "\n"
    assert case.slices["bucket"] == "absent from the prefix"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"col": 7}, "'add_book' does not stand at this place"),
        ({"line": 99}, "does not stand at this place"),
        ({"file": "store/../../x.py"}, "not a path inside of a repository"),
        ({"file": "store/gone.py"}, "gone.py: can't be read"),
    ],
)
def test_an_api_row_that_does_not_fit_is_named(
    tmp_path: Path, changes: Mapping[str, object], complaint: str
) -> None:
    rows = write_lines(tmp_path / "rows.jsonl", [api_row(**changes)])
    with pytest.raises(EvaluationError, match=complaint):
        list(ApiTokens(rows, api_folder(tmp_path)).cases())


def test_a_request_brings_the_apis_that_are_named_like_it(tmp_path: Path) -> None:
    row = {"id": "c", "repo_zip": "store", "request": "Add a book to it.", "target": "add_book"}
    rows = write_lines(tmp_path / "rows.jsonl", [row])
    (case,) = ApiConversations(rows, api_folder(tmp_path)).cases()
    assert case.facts["candidates"] == ["add_book"]
    assert "# shop.shelf.Shelf.add_book(isbn: int) -> None\n" in case.prefix
    assert "Put one more" not in case.prefix
    assert case.prefix.endswith("\nresult = ")


CODE = '''def price(book):
    """What it costs."""
    # price.of(book)
    return tariff.of(book, 1)
'''


def holes_of(tmp_path: Path, kind: HoleKind) -> list[Case]:
    (tmp_path / "shop").mkdir(exist_ok=True)
    (tmp_path / "shop" / "price.py").write_text(CODE)
    return list(RepositoryHoles((tmp_path / "shop",), (kind,), None).cases())


@pytest.mark.parametrize(
    ("kind", "targets"),
    [
        ("attribute", ["of(book, 1)"]),
        ("argument", ["book", "book, 1"]),
        ("line", ["e(book):", ' costs."""', "f.of(book, 1)"]),
        ("statement", ["def price(book):", '"""What it costs."""', "return tariff.of(book, 1)"]),
        ("body", [CODE.split(":\n    ", 1)[1].rstrip("\n")]),
    ],
)
def test_holes_of_each_kind(tmp_path: Path, kind: HoleKind, targets: list[str]) -> None:
    cases = holes_of(tmp_path, kind)
    assert all(case.prefix + case.target + case.suffix == CODE for case in cases)
    assert [case.target for case in cases] == targets


def test_names_from_modules_of_the_repository_are_holes(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "main.py").write_text(
        "from os import path\nfrom . import price, stock\nfrom shop.price import (\n    tax,\n)\n"
        "from shop.stock import Shelf as S\n"
    )
    cases = list(RepositoryHoles((root,), ("import",), None).cases())
    assert [case.target for case in cases] == ["price, stock", "Shelf as S"]


def test_several_repositories_take_turns(tmp_path: Path) -> None:
    roots = tmp_path / "shop", tmp_path / "till"
    for root in roots:
        root.mkdir()
        (root / "price.py").write_text(CODE)
    cases = list(RepositoryHoles(roots, ("attribute", "argument"), 1).cases())
    turns = [(case.slices["kind"], case.repository) for case in cases]
    assert turns == [(kind, root) for kind in ("attribute", "argument") for root in ("shop", "till")]
    assert len({case.id for case in cases}) == 4


def test_half_a_line_is_counted_from_where_its_text_begins() -> None:
    (hole,) = list(half_lines("        return price;", "java"))
    assert hole == (0, 14, (14, 21))
    assert list(half_lines("  // note\n * note\n\n", "java")) == []


def test_holes_are_drawn_by_seed(tmp_path: Path) -> None:
    holes_of(tmp_path, "line")
    suite = RepositoryHoles((tmp_path / "shop",), ("line", "argument"), per_kind=1, seed=3)
    first, again = list(suite.cases()), list(suite.cases())
    assert first == again
    assert [case.slices["kind"] for case in first] == ["line", "argument"]


def test_a_case_is_named_by_the_line_and_column_that_complete_takes(tmp_path: Path) -> None:
    (tmp_path / "price.py").write_text(CODE)
    for case in RepositoryHoles((tmp_path,), ("attribute",)).cases():
        _, line, column = case.id.rsplit(":", 2)
        before = case.prefix.split("\n")
        assert (int(line), int(column)) == (len(before), len(before[-1]))


def test_a_folder_without_code_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no source file with a hole"):
        list(RepositoryHoles((tmp_path,)).cases())
    with pytest.raises(EvaluationError, match="no such folder"):
        list(RepositoryHoles((tmp_path / "gone",)).cases())


def test_the_own_suite_is_whole() -> None:
    cases = list(OwnSuite().cases())
    assert len({case.id for case in cases}) == len(cases) >= 20
    assert {case.language for case in cases} == {"python", "java"}
    assert all(case.target.strip() for case in cases)


@pytest.mark.parametrize(
    ("limit", "sample", "count"), [(3, None, 3), (None, 5, 5), (2, 5, 2), (None, None, 36)]
)
def test_a_suite_can_be_cut_short(limit: int | None, sample: int | None, count: int) -> None:
    chosen = Chosen(OwnSuite(), limit, sample, seed=1)
    cases = list(chosen.cases())
    assert len(cases) == count
    assert list(chosen.cases()) == cases
    assert chosen.count_max == (None if limit is sample is None else count)
