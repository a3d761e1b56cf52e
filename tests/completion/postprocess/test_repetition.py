"""A model that repeats itself is cut where the repetition begins."""

import re

import pytest
from holesmith.completion.postprocess.repetition import RUNS, longest_run, repetition_start
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("self.a.b.a.b.a.b.a.b.a.b.a.b.a.b", "self.a.b"),
        ("foo(very_long_name, very_long_name, very_long_name, very_long_name, ", "foo(very_long_name, "),
        ("x = 1\nx = 1\nx = 1\nx", "x = 1"),
        ("a\nb\na\nb\na\nb\n", "a\nb"),
    ],
)
def test_a_loop_is_cut_after_its_first_round(text: str, kept: str) -> None:
    assert text[: repetition_start(text)] == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = [0, 0, 0]",
        "a = 1\nb = 1\nc = 1\n",
        "                                        x",
        "assert x\nassert x\n",
        "\n\n\n\n",
    ],
)
def test_ordinary_code_is_not(text: str) -> None:
    assert repetition_start(text) is None


@given(st.text(alphabet="ab \n(", max_size=80))
def test_whatever_the_text_the_cut_is_inside_it(text: str) -> None:
    start = repetition_start(text)
    assert start is None or 0 < start < len(text)


@given(st.text(alphabet="ab (", max_size=60) | st.text(alphabet="ab", max_size=6).map(lambda text: text * 9))
def test_a_run_is_what_a_pattern_would_find(line: str) -> None:
    for size_min, times_min in RUNS:
        found = re.search(rf"(.{{{size_min},}}?)\1{{{times_min - 1},}}\Z", line)
        assert longest_run(line, size_min, times_min) == (found.span(1) if found else None)
