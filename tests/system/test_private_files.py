"""What is kept of a workspace can be read by its user alone, and by nobody where that can't be had."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from holesmith.system.private_files import (
    CACHE_VARIABLE,
    NoPrivateFolderError,
    cache_folder,
    make_private_file,
    make_private_folder,
    open_private_file,
    private_cache_folder,
)

SOMEBODY_ELSE = 54321


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_and_files_are_made_private(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "index" / "shop"
    make_private_folder(folder, above=tmp_path / "cache")
    make_private_file(folder / "f")
    assert [mode(each) for each in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3
    assert mode(folder / "f") == 0o600


def test_what_an_older_version_left_readable_is_repaired(tmp_path: Path) -> None:
    folder = tmp_path / "index" / "shop"
    folder.mkdir(parents=True)
    (folder / "f").write_text("kept")
    (tmp_path / "index").chmod(0o775)
    tmp_path.chmod(0o755)
    make_private_folder(folder, above=tmp_path)
    with open_private_file(folder / "f") as file:
        assert file.read() == b"kept"
    assert [mode(each) for each in (folder, folder.parent)] == [0o700] * 2
    assert mode(folder / "f") == 0o600
    assert mode(tmp_path) == 0o755, "a folder that may hold other things is left alone"


def test_another_users_folder_or_file_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "f").write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY_ELSE)
    with pytest.raises(NoPrivateFolderError, match=f"^{tmp_path}/index belongs to another user.*; set .*$"):
        make_private_folder(tmp_path / "index")
    with pytest.raises(NoPrivateFolderError, match="belongs to another user"):
        open_private_file(tmp_path / "f")


@pytest.mark.parametrize("name", ["index", "f"])
def test_a_file_in_the_place_of_a_folder_and_the_reverse_are_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "index").write_text("")
    (tmp_path / "f").mkdir()
    with pytest.raises(OSError, match=str(tmp_path / name)):
        make_private_folder(tmp_path / name) if name == "index" else make_private_file(tmp_path / name)


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "f").symlink_to("elsewhere")
    with pytest.raises(NoPrivateFolderError, match="is a link"):
        open_private_file(tmp_path / "f")
    assert mode(tmp_path / "elsewhere") == 0o644


def test_the_users_own_link_to_another_disk_serves_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "index").symlink_to("disk")
    make_private_folder(tmp_path / "index")
    assert mode(tmp_path / "disk") == 0o700


def test_the_cache_is_private_below_what_the_user_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    folder = private_cache_folder("index", "shop")
    assert folder == tmp_path / "index" / "shop"
    assert (mode(folder), mode(folder.parent), mode(tmp_path)) == (0o700, 0o700, 0o755)
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = private_cache_folder("index")
    assert (mode(folder), mode(folder.parent), mode(tmp_path)) == (0o700, 0o700, 0o755)


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_is_told_in_one_line() -> None:
    with pytest.raises(NoPrivateFolderError, match=r"^there is no folder for caches.*set HOLESMITH_CACHE.*$"):
        cache_folder()


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_can_name_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_folder() == tmp_path


@pytest.mark.parametrize("named", ["cache", "~/cache", "../cache"])
def test_a_relative_place_is_refused_because_it_would_lie_in_the_workspace(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, named)
    with pytest.raises(NoPrivateFolderError, match="not an absolute path"):
        cache_folder()
