"""Programs come from PATH, and never from a workspace; whoever opens his home keeps his own."""

import os
from pathlib import Path

import pytest
from holesmith.system.programs import find_program, trusted_path


def make_program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    return tmp_path / "shop"


def use_path(monkeypatch: pytest.MonkeyPatch, *entries: object) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, entries)))


@pytest.mark.parametrize(
    "opened", ["shop", "shop/inner", "alias"], ids=["a repository", "a folder in one", "a link to one"]
)
def test_what_lies_in_the_workspace_is_passed_over(
    shop: Path, monkeypatch: pytest.MonkeyPatch, opened: str
) -> None:
    (shop.parent / "alias").symlink_to(shop)
    make_program(shop / "bin" / "git")
    ours = make_program(shop.parent / "usr" / "git")
    (shop.parent / "linked").mkdir()
    (shop.parent / "linked" / "git").symlink_to(shop / "bin" / "git")
    folders = (shop / "bin", shop.parent / "alias" / "bin", shop.parent / "linked", "shop/bin", "", ours[:-4])
    use_path(monkeypatch, *folders)
    assert find_program("git", (shop.parent / opened,)) == ours
    kept = trusted_path((shop.parent / opened,)).split(os.pathsep)
    assert kept == [str(shop.parent / "linked"), ours[:-4]]


def test_a_link_in_the_workspace_to_a_program_outside_is_the_workspaces_choice(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "git").symlink_to(make_program(shop.parent / "usr" / "other"))
    use_path(monkeypatch, shop)
    assert find_program("git", (shop,)) is None


def test_a_workspace_that_holds_the_home_keeps_the_users_programs(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make_program(shop.parent / "home" / "bin" / "git")
    use_path(monkeypatch, shop.parent / "home" / "bin")
    for opened in (shop.parent / "home", shop.parent, Path("/")):
        assert find_program("git", (opened,)) == program
    assert find_program("git", (shop.parent / "home" / "bin",)) is None


def test_a_folder_that_only_begins_like_the_workspace_is_another(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make_program(shop.parent / "shop-tools" / "git")
    use_path(monkeypatch, shop.parent / "shop-tools")
    assert find_program("git", (shop,)) == program
    assert find_program("hg", (shop,)) is None
