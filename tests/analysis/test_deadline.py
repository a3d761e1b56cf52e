"""An interruption comes in time, and never inside what has to come to its end."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import parso.cache
import pytest
from holesmith.analysis.deadline import Overdue, interrupting, uninterruptible
from holesmith.analysis.python.parsing import documents
from holesmith.analysis.python.parsing.documents import JediDocuments
from parso.file_io import KnownContentFileIO

BUDGET_MS = 5.0


def work_beyond_the_deadline() -> None:
    """Long enough for several attempts to interrupt it."""
    stop_at = time.monotonic() + 4 * BUDGET_MS / 1000
    while time.monotonic() < stop_at:
        pass


def run_until_interrupted(function: Callable[[], object]) -> None:
    """Run a function, and afterwards what can be interrupted."""
    with pytest.raises(Overdue):
        _run(function)


def _run(function: Callable[[], object]) -> None:
    with interrupting(BUDGET_MS):
        function()
        work_beyond_the_deadline()


def test_what_is_not_marked_is_interrupted() -> None:
    steps: list[str] = []

    def work() -> None:
        work_beyond_the_deadline()
        steps.append("ended")

    run_until_interrupted(work)
    assert not steps


@pytest.mark.parametrize("depth", [0, 1, 50])
def test_an_interruption_waits_for_the_end_of_a_marked_function(depth: int) -> None:
    steps: list[str] = []

    def work(depth: int) -> None:
        if depth:
            work(depth - 1)
        else:
            work_beyond_the_deadline()

    @uninterruptible
    def whole() -> None:
        work(depth)
        steps.append("ended")

    run_until_interrupted(whole)
    assert steps == ["ended"]


def test_what_cannot_be_protected_is_refused() -> None:
    with pytest.raises(AssertionError, match="no function written in Python"):
        uninterruptible(len)


@pytest.mark.parametrize("clean_up", [JediDocuments.hand_back_files, JediDocuments.forget_documents])
def test_cleaning_up_comes_to_its_end(
    clean_up: Callable[[JediDocuments], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def put(_path: Path | None, _trees: object) -> None:
        work_beyond_the_deadline()
        steps.append("ended")

    def parse(_path: str | None, _text: str) -> Any:
        raise ValueError("not a text")

    asked = JediDocuments(parse)
    with pytest.raises(ValueError, match="not a text"):
        asked.script(None, "")
    monkeypatch.setattr(documents, "_put", put)
    run_until_interrupted(lambda: clean_up(asked))
    assert steps == ["ended"]


class SlowCache(dict[str, dict[Path, Any]]):
    """parso's cache, where to count what is in it takes longer than anybody waits."""

    def values(self) -> Any:
        work_beyond_the_deadline()
        return super().values()


class SlowFile(KnownContentFileIO):
    """A file whose time is known later than anybody waits."""

    def get_last_modified(self) -> float:
        work_beyond_the_deadline()
        return 0.0


@pytest.mark.parametrize(("cache", "file"), [(SlowCache(), KnownContentFileIO), ({}, SlowFile)])
def test_a_file_that_parso_is_about_to_keep_is_kept(
    cache: dict[str, dict[Path, Any]],
    file: Callable[[Path, str], KnownContentFileIO],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(parso.cache, "parser_cache", cache)
    path = tmp_path / "module.py"
    given = file(path, "x = 1\n")
    run_until_interrupted(
        lambda: parso.cache.try_to_save_module("grammar", given, None, ["x = 1\n", ""], pickling=False)
    )
    assert path in dict(cache)["grammar"]
