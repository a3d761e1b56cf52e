"""Where URIs point to, and in which folder that is."""

import pytest
from holesmith.lsp.documents.uris import folder_around, key_of, name_of, path_of


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
    "spellings",
    [
        ("file:///me/%5Bapp%5D/p.py", "file:///me/%5bapp%5d/p.py", "file:///me/[app]/p.py"),
        ("file:///%C3%BC.py", "file:///%c3%bc.py", "file:///ü.py"),
        ("file:///a%20b.py", "file:///a b.py", "FILE:///a%20b.py", "file://localhost/a%20b.py"),
        ("file:///c%3A/a.py", "file:///c:/a.py", "file:/c:/a.py"),
        ("file:///%61%7E.py", "file:///a~.py"),
        ("untitled:Untitled-1", "untitled:Untitled%2D1"),
        ("vscode-notebook-cell:/n.ipynb#W0s%3D", "vscode-notebook-cell:/n.ipynb#W0s="),
        ("git:/a.py?%7B%7D", "git:/a.py?{}"),
        ("file:///\ud800.py", "file:///%ED%A0%80.py"),
    ],
)
def test_spellings_of_one_uri_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len(set(map(key_of, spellings))) == 1


@pytest.mark.parametrize(
    "uris",
    [
        ("file:///a.py", "file:///A.py", "file:///a.py#b", "file:///a.py?b", "file:///a.py%23b"),
        ("file:///a.py", "untitled:/a.py", "file://elsewhere/a.py"),
        ("x:/a%2Fb", "x:/a/b", "x:/a%252Fb", "x:/a%5Cb"),
        ("x:/n#a", "x:/n#b", "x:/n"),
        ("http://[::1", "http://[::2", ""),
        ("file:///%FF.py", "file:///%FE.py", "file:///%.py"),
    ],
)
def test_other_uris_have_other_keys(uris: tuple[str, ...]) -> None:
    assert len(set(map(key_of, uris))) == len(uris)


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
