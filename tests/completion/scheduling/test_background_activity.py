"""What the status says of indexing and analysing, and that a failing index is told."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from holesmith.completion.options import Options
from holesmith.completion.scheduling.background_activity import Background
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval
from holesmith.system.private_files import CACHE_VARIABLE

from tests.fakes import FakeEngine


@pytest.mark.parametrize(
    ("events", "activity", "failure"),
    [
        ([{"event": "progress", "files_done": 46, "files_total": 100}], "indexing shop, 40 %", None),
        ([{"event": "waiting"}], "waiting for another process that indexes shop", None),
        ([{"event": "waiting"}, {"event": "scanned"}], None, None),
        ([{"event": "progress", "files_done": 0, "files_total": 0}], None, None),
        ([{"event": "failed", "message": "disk full"}], None, "shop is not indexed: disk full"),
        ([{"event": "failed", "message": "disk full"}, {"event": "scanned"}], None, None),
        (
            [{"event": "failed", "message": message} for message in ("disk full", "it ended with status 1")],
            None,
            "shop is not indexed: disk full",
        ),
        ([{"event": "updated", "path": "a.py"}, {}], None, None),
    ],
)
def test_what_an_indexer_tells(
    events: list[dict[str, Any]], activity: str | None, failure: str | None
) -> None:
    shown: list[tuple[str | None, str | None]] = [(None, None)]
    background = Background(lambda activity, failure: shown.append((activity, failure)))
    for event in events:
        background.on_event("/code/shop", event)
    assert shown[-1] == (activity, failure)


def test_several_things_at_once_are_all_told() -> None:
    shown: list[str | None] = []
    background = Background(lambda activity, _failure: shown.append(activity))
    with background.analysing("/code/shop"):
        background.on_event("/code/till", {"event": "progress", "files_done": 1, "files_total": 2})
    assert shown == ["analysing shop", "analysing shop; indexing till, 50 %", "indexing till, 50 %"]


async def test_opening_a_document_tells_of_its_workspace_until_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    statuses: list[Status] = []
    service = Service(
        Options(),
        statuses.append,
        lambda _options, _progress: FakeEngine(),
        retrieval=Retrieval(),
        workspaces=Workspaces(),
    )
    try:
        await service.open(Snapshot(str(root / "a.py"), "python", "x = 1\n", 0, workspace=str(root)))
    finally:
        await service.close()
    told = [status.activity for status in statuses]
    assert any(each is not None and "analysing shop" in each for each in told)
    assert not any(each is not None and "analysing" in each for each in told[-1:])


async def test_events_of_other_threads_reach_the_event_loop() -> None:
    shown: list[str | None] = []
    background = Background(lambda activity, _failure: shown.append(activity))
    thread = threading.Thread(target=background.event_handler(), args=("/code/shop", {"event": "waiting"}))
    thread.start()
    while not shown:
        await asyncio.sleep(0)
    assert shown == ["waiting for another process that indexes shop"]
