"""Having analysis get to know a document while nobody waits for an answer."""

from holesmith.analysis.questions import Source, WarmUpQuestion
from holesmith.completion.monitors import Analyst
from holesmith.completion.snapshot import Snapshot

ANSWER_MS_MAX = 3_000.0
"""Of one slice: a large module that is new takes long, and cannot be met in parts."""


async def get_to_know(analyst: Analyst, snapshot: Snapshot, slices_max: int = 200) -> None:
    """What it imports and what stands before its dots, nearest first; other questions may come between."""
    source, begin = Source(snapshot.file_path, snapshot.text), 0
    for _ in range(slices_max):
        reply = await analyst.ask(WarmUpQuestion(source, snapshot.offset, begin), ANSWER_MS_MAX)
        if reply.answer is None or reply.answer.rest is None:
            return
        begin = reply.answer.rest
