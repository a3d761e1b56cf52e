"""Warm up the analysis of a document while nobody waits for an answer."""

import asyncio
from collections.abc import Callable

from holesmith.analysis.client import Analyst
from holesmith.analysis.questions import Source, WarmUpQuestion
from holesmith.completion.snapshot import Snapshot

ANSWER_MS_MAX = 3_000.0
"""Milliseconds for one slice: a large new module takes long, and cannot be analysed in parts."""


# Seconds between two looks at whether the machine is still busy.
BUSY_SECONDS = 0.05


async def warm_up_analysis(
    analyst: Analyst,
    snapshot: Snapshot,
    slices_max: int = 200,
    is_over: Callable[[], bool] = lambda: False,
    is_busy: Callable[[], bool] = lambda: False,
) -> None:
    """Warm up the analysis of a document: its imports and the receivers before its dots, nearest first.

    The work is done in slices, so that other questions may come between. It ends when it ``is_over``, and
    waits while the machine ``is_busy`` with work that somebody waits for.
    """
    source, begin = Source(snapshot.file_path, snapshot.text), 0
    for _ in range(slices_max):
        while is_busy():
            await asyncio.sleep(BUSY_SECONDS)
        if is_over():
            return
        reply = await analyst.ask(WarmUpQuestion(source, snapshot.offset, begin), ANSWER_MS_MAX)
        if reply.answer is None or reply.answer.rest is None:
            return
        begin = reply.answer.rest
