"""Which paths lie in a folder, told by their text."""

import os

import pytest
from holesmith.system.paths import is_below


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b/c", "/a/b", True),
        ("/a/b/c", "/a/b/", True),
        ("/a/bc", "/a/b", False),
        ("/a", "/a/b", False),
        ("/a", "/", True),
        ("/", "/", True),
    ],
)
def test_a_folder_holds_itself_and_what_lies_in_it(path: str, folder: str, expected: bool) -> None:
    assert is_below(path.replace("/", os.sep), folder.replace("/", os.sep)) == expected
