"""RepoFusion's prompt proposals: all 63 by name, and what some of them take, worked out by hand."""

from pathlib import Path

import pytest
from holesmith.context.sources.proposals import Proposer, rules

from tests.context.repository import Repository, make_repository

HOLE = """import demo.Parent;
import demo.Near;
import demo.Far;

public class UserService extends Parent {
    Far far;
    void first() { far.use(); }
    void filler() {
        int a = 1;
    }
    Near near;
    void target() { near.go<CURSOR>(); }
    void after(String text) { print("post"); }
    private int count = 2;
}
"""
FILES = {
    "demo/Parent.java": (
        "public class Parent extends Grand {\n  protected int base;\n  void inherit() { base = 1; }\n}\n"
    ),
    "demo/Grand.java": "public class Grand { int grand; }\n",
    "demo/Near.java": "public class Near { void go() { x(); } }\n",
    "demo/Far.java": 'public class Far { void use() { y("far"); } }\n',
    "demo/UserStore.java": "import demo.Near;\npublic class UserStore { void save() { } }\n",
    "demo/Other.java": "import demo.Far;\npublic class Other { List<Item> items; }\n",
    "demo/Child.java": "import other.Thing;\npublic class Child extends UserService { void extra() { } }\n",
    "other/user_tools.java": "public class user_tools { void help() { } }\n",
    "other/Thing.java": "public class Thing { void thing() { } }\n",
}
PATH = "demo/UserService.java"
NAMES = {rule.name: rule for rule in rules()}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path, FILES)


def proposer(repository: Repository) -> Proposer:
    return Proposer(repository.around(PATH, HOLE), repository.index)


def test_there_are_63_in_the_published_order() -> None:
    names = [rule.name for rule in rules()]
    assert len(set(names)) == len(names) == 63
    assert names[7] == "in_file#lines#0.75"
    assert names[62] == "codex"
    assert all(name.startswith("in_file#") for name in names[:8])
    assert "import_of_child_class_file#string_literals#0.5" in names
    assert "parent_class_file#lines#0.5" not in names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "in_file#lines#0.5",
            '    void after(String text) { print("post"); }\n    private int count = 2;\n}\n',
        ),
        ("in_file#method_names#0.5", "after"),
        ("in_file#field_declarations#0.5", "private int count = 2"),
        ("in_file#string_literals#0.5", '"post"'),
        ("parent_class_file#field_declarations#0.5", "[demo/Parent.java] protected int base"),
        ("parent_class_file#method_names#0.5", "[demo/Parent.java] inherit"),
        (
            "import_file#method_names#0.5",
            "[demo/Parent.java] inherit\n[demo/Far.java] use\n[demo/Near.java] go",
        ),
        ("import_file#method_names_and_bodies#0.5", None),
        ("child_class_file#method_names#0.5", "[demo/Child.java] extra"),
        ("import_of_child_class_file#method_names#0.5", "[other/Thing.java] thing"),
        ("similar_name_file#method_names#0.5", "[other/user_tools.java] help\n[demo/UserStore.java] save"),
        ("sibling_file#type_identifiers#0.5", None),
    ],
)
def test_what_a_proposal_takes(repository: Repository, name: str, expected: str | None) -> None:
    text = proposer(repository).text(NAMES[name])
    if expected is None:
        assert text
    else:
        assert text == expected


def test_the_last_proposal_is_the_text_before_the_hole(repository: Repository) -> None:
    assert proposer(repository).text(NAMES["codex"]) == HOLE.split("<CURSOR>")[0]


def test_every_proposal_gives_text_or_nothing(repository: Repository) -> None:
    made = proposer(repository)
    texts = {rule.name: made.text(rule) for rule in rules()}
    assert all(len(text) <= 4_000 + 400 for text in texts.values())
    assert not texts["import_of_parent_class_file#string_literals#0.5"]


def test_as_snippets_the_same_text_comes_once(repository: Repository) -> None:
    found = repository.snippets("proposals", PATH, HOLE)
    assert len({(snippet.path, snippet.text) for snippet in found}) == len(found)
    assert found[0].score == max(snippet.score for snippet in found)
