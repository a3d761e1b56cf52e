"""What fuzzing has found in the parsers: each input once more."""

from pathlib import Path

import pytest
from holesmith.analysis.options import Options
from holesmith.analysis.python.environment import find_environment, in_words
from holesmith.lsp.settings import read_settings

LONG = "x" * 300

ENVIRONMENTS = {
    "a line of a .pth file that is too long for a name": ("links.pth", LONG),
    "a line of a .pth file that is a path too long": ("links.pth", "x/" * 5_000),
    "NUL in a .pth file": ("links.pth", "a\0b"),
    "a mapping that is a set": ("__editable___a_finder.py", "MAPPING: dict = {'a'}"),
    "a mapping to a name too long": ("__editable___a_finder.py", f"MAPPING = {{'a': '/{LONG}/a'}}"),
    "a mapping nested too deeply": ("__editable___a_finder.py", "MAPPING = {" + "(" * 5_000 + "}"),
    "a home that is too long": (
        "../../../pyvenv.cfg",
        f"home = /{LONG}\ninclude-system-site-packages = true",
    ),
    "a home that is none": ("../../../pyvenv.cfg", "home =\ninclude-system-site-packages = true"),
    "a source folder that is too long": (
        "../../../../pyproject.toml",
        f"[tool.setuptools.packages.find]\nwhere = ['{LONG}', 3]\n[tool.pyright]\nextraPaths = ['{LONG}']",
    ),
    "nesting in pyproject.toml": ("../../../../pyproject.toml", "a = " + "[" * 5_000),
}


@pytest.mark.parametrize("case", ENVIRONMENTS)
def test_whatever_the_files_of_an_environment_say_it_is_read(tmp_path: Path, case: str) -> None:
    name, content = ENVIRONMENTS[case]
    packages = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.11\n")
    (packages / name).write_text(content)
    found = find_environment(Options(str(tmp_path), str(tmp_path / "cache")))
    assert found.search_paths == (str(packages),)
    assert "\n" not in in_words(found)


@pytest.mark.parametrize("key", ["a\nb", "a\x1b]0;b", "\u202e", "x" * 10_000, ""])
def test_a_key_that_is_no_setting_is_one_short_line(key: str) -> None:
    for problem in read_settings({"holesmith": {key: 1, "inline": {key: {key: 1}}}})[1]:
        assert problem.isprintable()
        assert len(problem) < 200
