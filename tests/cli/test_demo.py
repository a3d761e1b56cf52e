"""``holesmith demo`` while it works: somebody who waits is told for what."""

import asyncio

import pytest
from holesmith.cli.demo import Waiting
from holesmith.completion.status import Status


def test_the_stages_of_a_load_are_told_once_and_in_steps(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = Waiting()
    for progress in (0.0, 0.1, 0.2, 0.3, 0.4, 0.9):
        waiting.show_status(Status("loading", "loading weights", progress=progress))
    waiting.show_status(Status("loading", "compiling the kernels"))
    waiting.show_status(Status("ready", "tiny on cpu"))
    assert capsys.readouterr().err.splitlines() == [
        "loading weights",
        "loading weights, 25 %",
        "loading weights, 75 %",
        "compiling the kernels",
    ]


async def test_a_long_wait_is_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    async with asyncio.timeout(10), Waiting(every_seconds=0.01).on("filling hole 1 of 3"):
        while len(told) < 3:
            await asyncio.sleep(0.01)
            told += capsys.readouterr().err.splitlines()
    assert told[0] == "filling hole 1 of 3"
    assert all(line.startswith("still filling hole 1 of 3 after ") for line in told[1:])


async def test_what_is_over_is_told_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    async with Waiting(every_seconds=0.0).on("indexing the example"):
        pass
    capsys.readouterr()
    for _ in range(5):
        await asyncio.sleep(0)
    assert capsys.readouterr().err == ""
