"""The index follows the workspace: what is new, changed, renamed, deleted, ignored, damaged or too large."""

import os
from pathlib import Path

import pytest
from holesmith.context.index.build import nearness, scan, update
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules
from holesmith.context.index.reader import Index
from holesmith.context.index.schema import open_writer
from holesmith.context.index.writer import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.context.repository import Repository, make_repository

FILES = {"a.py": "def alpha(x): return x\n", "pkg/b.py": "class Beta(Base):\n    def go(self): pass\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path, FILES)


def contents(index: Index) -> dict[str, str | None]:
    return {path: index.text(path) for path in index.paths()}


def test_a_scan_stores_every_file_and_the_next_one_nothing(repository: Repository) -> None:
    assert contents(repository.index) == FILES
    report = repository.scan()
    assert (report.files, report.stored, report.removed) == (2, 0, 0)


def test_a_scan_finds_what_changed_and_what_is_gone(repository: Repository) -> None:
    (repository.root / "a.py").unlink()
    repository.write({"pkg/b.py": "def other(): pass\n", "c.py": "x = 1\n"})
    report = repository.scan()
    assert (report.stored, report.removed) == (2, 1)
    assert contents(repository.index) == {"pkg/b.py": "def other(): pass\n", "c.py": "x = 1\n"}
    assert repository.index.definitions(["Beta", "alpha"]) == ()
    assert repository.index.subclasses(["Base"]) == ()
    assert repository.index.search(["alpha"], 5) == ()


def test_one_file_is_updated_alone(repository: Repository) -> None:
    workspace = repository.workspace()
    repository.write({"a.py": "def gamma(): pass\n"})
    assert update(workspace, "a.py")
    assert [each.symbol.name for each in repository.index.definitions(["gamma", "alpha"])] == ["gamma"]
    (repository.root / "a.py").rename(repository.root / "z.py")
    assert not update(workspace, "a.py")
    assert update(workspace, "z.py")
    assert repository.index.paths() == {"z.py", "pkg/b.py"}


def test_a_deleted_folder_takes_its_files_along(repository: Repository) -> None:
    repository.write({"pkg0/c.py": "", "pkg/d/e.py": "y = 1\n"})
    repository.scan()
    for path in ("pkg/b.py", "pkg/d/e.py"):
        (repository.root / path).unlink()
    assert not update(repository.workspace(), "pkg")
    assert repository.index.paths() == {"a.py", "pkg0/c.py"}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("big.py", b"x = 1\n" * 200_000, "too large"),
        ("bin.py", b"x = 1\n\0\n", "binary"),
        ("latin.py", b"x = '\xe9'\n", "not UTF-8"),
        ("mini.js", b"var a=1;" * 2_000, "minified"),
    ],
)
def test_what_is_not_source_is_left_out_with_the_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    repository = make_repository(tmp_path, {})
    (repository.root / name).write_bytes(data)
    assert repository.scan().skipped == {reason: 1}
    assert repository.scan().stored == 0
    assert repository.index.text(name) is None


def test_secrets_and_ignored_files_are_never_stored(repository: Repository) -> None:
    repository.write({".gitignore": "gen/\n", "gen/c.py": "x = 1\n", ".aws/credentials": "k = 1\n"})
    repository.scan()
    workspace = repository.workspace()
    assert not update(workspace, "gen/c.py")
    assert not update(workspace, ".aws/credentials")
    assert repository.index.paths() == set(FILES)


def test_files_near_the_users_own_come_first(tmp_path: Path) -> None:
    assert nearness("a/b/c.py", ["a/b/d.py"]) < nearness("a/e.py", ["a/b/d.py"])
    repository = make_repository(tmp_path, {})
    repository.write({f"{folder}/x.py": "" for folder in ("one", "two", "three/deep", "three")})
    first: list[str] = []

    def note() -> bool:
        first.extend(sorted(Index(repository.database).paths()))
        return False

    scan(repository.workspace(), between=note, focus=["three/deep/x.py"])
    assert "three/deep/x.py" in first


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, None])
def test_a_damaged_database_is_made_anew(repository: Repository, damage: bytes | None) -> None:
    data = repository.database.read_bytes()
    if damage is None:  # the head is right, the pages are not
        damage = data[:4096] + os.urandom(len(data) - 4096)
    repository.index.close()
    repository.database.write_bytes(damage)
    assert repository.index.search(["alpha"], 5) == ()
    repository.scan()
    assert contents(repository.index) == FILES


def test_a_reader_follows_a_database_that_was_made_anew(repository: Repository) -> None:
    assert repository.index.paths() == set(FILES)
    for path in repository.database.parent.iterdir():
        path.unlink()
    assert repository.index.paths() == set()
    repository.scan()
    assert repository.index.paths() == set(FILES)


def test_no_database_has_no_answers(tmp_path: Path) -> None:
    index = Index(tmp_path / "none.sqlite3")
    assert index.paths() == set()
    assert index.search(["a"], 3) == ()
    assert index.text("a.py") is None


def test_a_reader_does_not_wait_for_a_writer(repository: Repository) -> None:
    connection = open_writer(repository.database)
    with transaction(connection):
        connection.execute("DELETE FROM files")
        assert repository.index.paths() == set(FILES)
    assert repository.index.paths() == set()


TEXTS = (
    "",
    "x = 1\n",
    "def getName(): pass\n",
    "def getName():\n    return other_name\n" * 15,
    "class K(L):\n    a = 1\n",
    None,
)
EDITS = st.lists(st.tuples(st.sampled_from(["a.py", "b.py", "d/c.py"]), st.sampled_from(TEXTS)), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_updates_one_by_one_leave_what_a_fresh_scan_finds(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[str, str | None]]
) -> None:
    repository = make_repository(tmp_path_factory.mktemp("edits"), {"a.py": "def getName(): pass\n"})
    workspace = repository.workspace()
    for path, text in edits:
        if text is None:
            (repository.root / path).unlink(missing_ok=True)
        else:
            repository.write({path: text})
        update(workspace, path)
    fresh = Repository(
        repository.root,
        repository.root.parent / "fresh.sqlite3",
        Index(repository.root.parent / "fresh.sqlite3"),
    )
    fresh.scan()
    assert contents(repository.index) == contents(fresh.index)
    for terms in (["getname"], ["name"], ["other_name", "k"]):
        assert sorted(hit.text for hit in repository.index.search(terms, 50)) == sorted(
            hit.text for hit in fresh.index.search(terms, 50)
        )
        assert repository.index.frequencies(terms) == fresh.index.frequencies(terms)
    rules = IgnoreRules(repository.root)
    assert rules.is_ignored("a.py") is False
