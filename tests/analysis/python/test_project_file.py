"""TOML files of a project are read as they are, and one that would take too long counts as none."""

import time
from pathlib import Path

import pytest
from holesmith.analysis.options import Options
from holesmith.analysis.python.environment import find_environment
from holesmith.analysis.python.project_file import FILE_BYTES_MAX, read_toml

PARTS = ["a"] * 16_000
SLOW = {
    "key": f"{'.'.join(PARTS)} = 1",
    "key with blanks": f"{' . '.join(PARTS)} = 1",
    "key in quotes": ".".join(("'a b'", '"\\""') * 8_000) + " = 1",
    "table": f"[{'.'.join(PARTS)}]",
    "in a table": f"x = {{{'.'.join(PARTS)} = 1}}",
    "behind a text that holds marks": 'x = {b = """ " \' """, ' + ".".join(PARTS) + " = 1}",
    "behind a text that ends in a mark": 'x = {b = """a"""", ' + ".".join(PARTS) + " = 1}",
    "keys": "".join(f"{'.'.join(PARTS[:1_000])}.k{number} = 1\n" for number in range(100)),
    "a number": f"x = {'9' * 200_000}",
    "brackets": f"x = {'[' * 200_000}",
    "marks without end": '"\\"' * 60_000,
    "one word": "a" * FILE_BYTES_MAX,
    "too large": "#" * (FILE_BYTES_MAX + 1) + "\nx = 1",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW.keys())
def test_a_file_that_would_take_too_long_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    started = time.process_time()
    assert find_environment(Options(str(tmp_path))).source_roots == (str(tmp_path),)
    assert time.process_time() - started < 1
    assert read_toml(tmp_path / "pyproject.toml") == {}


ORDINARY = '''
# a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z
name = "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z"
[tool."mypy.plugins".'a.b']
words = """
One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten. Eleven. Twelve. Thirteen. Fourteen. Fifteen. \
Sixteen. Seventeen. "Eighteen". """
a.b.c.d = 1.5
'''


def test_dots_in_texts_and_comments_are_no_parts_of_a_key(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(ORDINARY)
    read = read_toml(tmp_path / "a.toml")
    assert read["tool"]["mypy.plugins"]["a.b"]["a"] == {"b": {"c": {"d": 1.5}}}
    assert read_toml(tmp_path / "none.toml") == {}
