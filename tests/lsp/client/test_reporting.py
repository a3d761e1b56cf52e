"""What clients are told of failures."""

import asyncio
from unittest.mock import patch

from holesmith.completion.status import Status
from holesmith.lsp.client.reporting import FAILURE_CHARACTERS_MAX, Reporting
from lsprotocol import types
from pygls.lsp.server import LanguageServer


def test_a_failure_that_quotes_something_long_is_one_short_line() -> None:
    reporting = Reporting(LanguageServer("test", "1"))
    reporting.show_failure(OSError("File name too long:\n" + "/a" * 3_000))
    told = str(reporting.as_json()["last_failure"])
    assert told.startswith("OSError: File name too long: /a/a")
    assert len(told) <= FAILURE_CHARACTERS_MAX + len("OSError: ")


class Bars:
    """A client that shows progress; ``shown`` is what it was told, in order."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str | None]] = []

    async def create_async(self, token: str) -> None:
        self.shown.append(("create", token))

    def begin(self, token: str, begin: types.WorkDoneProgressBegin) -> None:
        self.shown.append(("begin", begin.message))

    def report(self, token: str, report: types.WorkDoneProgressReport) -> None:
        self.shown.append(("report", report.message))

    def end(self, token: str, end: types.WorkDoneProgressEnd) -> None:
        self.shown.append(("end", end.message))


async def shown_of(activities: list[str | None], delay_seconds: float = 0.0) -> list[tuple[str, str | None]]:
    """What a client shows of a server that is ready and busy with these things in turn."""
    server, bars = LanguageServer("test", "1"), Bars()
    with (
        patch.object(type(server), "work_done_progress", bars),
        patch("holesmith.lsp.client.reporting.ACTIVITY_DELAY_SECONDS", delay_seconds),
    ):
        reporting = Reporting(server)
        reporting.allow_progress()
        for activity in activities:
            reporting.show_status(Status("ready", "m on cpu", "m", "cpu", activity=activity))
            for _ in range(5):
                await asyncio.sleep(0)
    return bars.shown


async def test_a_folder_that_is_indexed_is_seen_with_its_progress() -> None:
    activities = ["indexing shop, 10 %", "indexing shop, 10 %", "indexing shop, 20 %", None]
    assert await shown_of(activities) == [
        ("create", "holesmith/activity/1"),
        ("begin", "indexing shop, 10 %"),
        ("report", "indexing shop, 20 %"),
        ("end", "done"),
    ]


async def test_what_is_done_at_once_is_not_shown() -> None:
    assert await shown_of(["analysing shop", None], delay_seconds=60.0) == []
