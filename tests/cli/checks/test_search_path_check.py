"""Whether doctor warns of a PYTHONPATH that lets a workspace run its own code."""

import os

import pytest
from holesmith.cli.checks.search_path_check import judge_python_path


@pytest.mark.parametrize(
    "entries", [("",) * 2, ("", "/opt/lib"), ("/opt/lib", ""), (".",), ("/opt/lib", "src")]
)
def test_an_empty_or_relative_entry_is_warned_of_in_one_line(entries: tuple[str, ...]) -> None:
    finding = judge_python_path(os.pathsep.join(entries))
    assert (finding.outcome, finding.name) == ("warning", "python path")
    assert "PYTHONPATH" in finding.remedy
    assert "\n" not in finding.detail + finding.remedy


@pytest.mark.parametrize("entries", [(), ("/opt/lib",), ("/opt/lib", "/home/me/lib")])
def test_whole_paths_are_fine(entries: tuple[str, ...]) -> None:
    assert judge_python_path(os.pathsep.join(entries)).outcome == "ok"
