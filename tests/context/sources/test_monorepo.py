"""Snippets come from files in the hole's language or a dialect of it, however much others are alike."""

from pathlib import Path

import pytest
from holesmith.analysis.languages import is_related
from holesmith.context.request import RecentEdit

from tests.context.repository import Repository, make_repository

# The same names in every language, so that each file is as much alike as the next.
CODE = "total_price basket_items discount_rate shipping_cost"
NAMES = CODE.split()


def code_in(suffix: str) -> str:
    first, second, third, fourth = NAMES
    if suffix == "py":
        return (
            f"def {first}({second}, {third}):\n    {fourth} = {third} + 1\n    return {fourth} * {second}\n"
        )
    if suffix == "yaml":
        return f"{first}: 1\n{second}: 2\n{third}: 3\n{fourth}: 4\n"
    word = {"rs": "fn", "go": "func", "ts": "function", "tsx": "function", "js": "function"}.get(
        suffix, "int"
    )
    body = f"  {fourth} = {third} + 1;\n  return {fourth} * {second};\n"
    return f"{word} {first}({second}, {third}) {{\n{body}}}\n"


SUFFIXES = ("py", "rs", "go", "ts", "tsx", "js", "java", "c", "h", "cpp", "cs", "yaml")
FILES = {
    **{f"{suffix}/shop.{suffix}": code_in(suffix) for suffix in SUFFIXES},
    # Of one language so many that the best hits are all in it.
    **{f"rs/shop_{number}.rs": code_in("rs") for number in range(60)},
}
RELATED = {
    "web/page.tsx": {"ts", "tsx", "js"},
    "web/page.js": {"ts", "tsx", "js"},
    "native/page.cpp": {"c", "h", "cpp"},
    "native/page.h": {"c", "h", "cpp"},
    "tool/page.py": {"py"},
    "tool/Page.java": {"java"},
    "tool/page.cs": {"cs"},
    "tool/page.go": {"go"},
    "tool/page.rs": {"rs"},
}
SOURCES = ("similar", "bm25", "recent_files", "recent_edits", "callees", "callers", "popular", "proposals")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("monorepo"), FILES)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("path", "related"), RELATED.items())
def test_only_related_languages_give_snippets(
    repository: Repository, source: str, path: str, related: set[str]
) -> None:
    suffix = path.rpartition(".")[2]
    document = code_in(suffix).replace("return ", "return total_price(<CURSOR>); ")
    visited = tuple(f"{each}/shop.{each}" for each in SUFFIXES)
    edits = tuple(RecentEdit(each, 0, FILES[each]) for each in visited)
    found = repository.snippets(source, path, document, visited=visited, edits=edits)
    suffixes = {snippet.path.rpartition(".")[2] for snippet in found if snippet.path != path}
    assert suffixes <= related
    if source in ("similar", "bm25", "recent_files", "recent_edits"):
        assert suffixes & related, "what is related is found among the others"


@pytest.mark.parametrize("source", ["similar", "bm25"])
def test_a_file_of_another_kind_gets_no_code_from_the_index(repository: Repository, source: str) -> None:
    document = code_in("yaml") + "<CURSOR>"
    assert all(each.path == "a.yaml" for each in repository.snippets(source, "a.yaml", document))


def test_a_file_that_comes_to_another_language_is_found_there(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {"a.py": code_in("py")})
    (repository.root / "a.py").rename(repository.root / "a.rs")
    repository.scan()
    assert repository.index.search(NAMES, 5, languages=["python"]) == ()
    assert [hit.path for hit in repository.index.search(NAMES, 5, languages=["rust"])] == ["a.rs"]


@pytest.mark.parametrize(
    ("language", "path", "other", "expected"),
    [
        ("yaml", "a.yaml", "b.yaml", True),
        ("yaml", "a.yaml", "b.toml", False),
        ("python", "a.py", "b.toml", False),
        ("python", "a", "b.py", True),
        ("vue", "a.vue", "b.ts", True),
        ("vue", "a.vue", "b.vue", True),
        ("cpp", "a.h", "b.c", True),
        ("csharp", "a.cs", "b.c", False),
        ("java", "A.java", "b.js", False),
    ],
)
def test_which_languages_are_related(language: str, path: str, other: str, *, expected: bool) -> None:
    assert is_related(language, path, other) is expected
