"""Files of an untrusted folder: what is no ordinary file in its place is refused at once, with the reason."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from holesmith.analysis.files.regular_file import (
    UnreadableFileError,
    is_inside,
    read_regular_file,
    regular_file_or_none,
)

BYTES_MAX = 100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_bytes(b"outside")
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def a_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))


MADE: list[tuple[str, Callable[[Path], object], str]] = [
    ("nothing", lambda place: None, "not there"),
    ("named pipe", os.mkfifo, "not a regular file"),
    ("folder", lambda place: place.mkdir(), "not a regular file"),
    ("socket", a_socket, "not a regular file"),
    ("link to a device", lambda place: place.symlink_to("/dev/zero"), "outside of the workspace"),
    ("link out", lambda place: place.symlink_to("../secret.txt"), "outside of the workspace"),
    ("link to /proc", lambda place: place.symlink_to("/proc/self/environ"), "outside of the workspace"),
    ("link to itself", lambda place: place.symlink_to(place.name), "circle|symbolic links"),
    ("too large", lambda place: place.write_bytes(b"x" * (BYTES_MAX + 1)), "too large"),
]


@pytest.mark.timeout(10)
@pytest.mark.parametrize(("make", "reason"), [row[1:] for row in MADE], ids=[row[0] for row in MADE])
def test_what_is_no_ordinary_file_in_the_folder_is_refused_with_the_reason(
    root: Path, make: Callable[[Path], object], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    make(root / "f")
    with pytest.raises(UnreadableFileError, match=reason):
        read_regular_file(root / "f", BYTES_MAX, root=root)
    assert regular_file_or_none(root / "f", BYTES_MAX, root=root) is None


@pytest.mark.timeout(10)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/tty"])
def test_a_device_is_never_read(device: str) -> None:
    assert regular_file_or_none(Path(device), BYTES_MAX) is None


def test_a_regular_file_is_read_whole(root: Path) -> None:
    (root / "f").write_bytes(b"x" * BYTES_MAX)
    assert read_regular_file(root / "f", BYTES_MAX, root=root) == b"x" * BYTES_MAX
    assert read_regular_file(root / "f", BYTES_MAX) == b"x" * BYTES_MAX


def test_links_inside_the_folder_are_followed_unless_told_otherwise(root: Path, tmp_path: Path) -> None:
    (root / "f").write_bytes(b"inside")
    (root / "g").symlink_to("f")
    (tmp_path / "other").symlink_to(root)
    assert read_regular_file(root / "g", BYTES_MAX, root=tmp_path / "other") == b"inside"
    assert read_regular_file(tmp_path / "other" / "f", BYTES_MAX, root=root) == b"inside"
    assert regular_file_or_none(root / "g", BYTES_MAX, follow_links=False) is None
    assert regular_file_or_none(root / "f", BYTES_MAX, follow_links=False) == b"inside"


def test_a_linked_folder_leads_out_like_a_linked_file(root: Path, tmp_path: Path) -> None:
    (root / "folder").symlink_to(tmp_path)
    assert regular_file_or_none(root / "folder" / "secret.txt", BYTES_MAX, root=root) is None
    assert not is_inside(root / "folder" / "not there", root)
    assert is_inside(root / "not there", root)
    assert not is_inside(root / ".." / "secret.txt", root)


def test_a_path_that_no_system_has_is_refused() -> None:
    for path in ("a\0b", "x" * 5_000):
        assert regular_file_or_none(Path(path), BYTES_MAX, root=Path("/")) is None
