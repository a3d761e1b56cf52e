"""Where URIs point to, and in which folder that is."""

import pytest
from holesmith.lsp.uris import folder_around, name_of, path_of


@pytest.mark.parametrize(
    ("uri", "path", "name"),
    [
        ("file:///home/me/a%20b.py", "/home/me/a b.py", "a b.py"),
        ("file://localhost/a.py", "/a.py", "a.py"),
        ("file:///%E6%BC%A2.py", "/漢.py", "漢.py"),
        ("file://elsewhere/share/a.py", None, "a.py"),
        ("file:relative.py", None, "relative.py"),
        ("file:///a%00b.py", None, "ab.py"),
        ("untitled:Untitled-1", None, "Untitled-1"),
        ("vscode-notebook-cell:/shop/n.ipynb#W0sZmlsZQ%3D%3D", None, "n.ipynb"),
        ("git:/shop/a.py?%7B%7D", None, "a.py"),
        ("http://[::1", None, "[::1"),
        ("", None, "untitled"),
    ],
)
def test_a_uri_is_a_path_or_has_a_name(uri: str, path: str | None, name: str) -> None:
    assert (path_of(uri), name_of(uri)) == (path, name)


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/shop/a.py", "/shop"),
        ("/shop/inner/a.py", "/shop/inner"),
        ("/worker/a.py", None),
        (None, "/shop"),
    ],
)
def test_the_innermost_folder_counts(path: str | None, folder: str | None) -> None:
    assert folder_around(path, ("/shop", "/shop/inner")) == folder


def test_without_folders_there_is_none() -> None:
    assert folder_around("/shop/a.py", ()) is None
    assert folder_around(None, ()) is None
