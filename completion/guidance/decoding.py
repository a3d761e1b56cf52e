"""Decode one completion, with monitors or without."""

import asyncio
from collections.abc import Callable

from holesmith.completion.guidance.guided_decoding import GuidedDecoding
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.postprocess.middle import Middle
from holesmith.engine.interface import Engine
from holesmith.engine.request import Generation, Request


async def decode(
    engine: Engine,
    request: Request,
    middle: Middle,
    is_finished: Callable[[], bool],
    watcher: Watcher | None,
) -> tuple[Generation, MonitorReport]:
    """Decode into ``middle`` until ``is_finished`` or the model is; with no ``watcher``, without monitors.

    Cancelling the awaiting task stops the engine within one step.
    """
    if watcher is None:
        return await decode_freely(engine, request, middle, is_finished), MonitorReport()
    decoding = GuidedDecoding(engine, request, middle, is_finished, watcher)
    generation = await decoding.run()
    return generation, watcher.report(decoding.waited_ms)


async def decode_freely(
    engine: Engine, request: Request, middle: Middle, is_finished: Callable[[], bool]
) -> Generation:
    """Decode without monitors."""
    stream = engine.start(request)
    try:
        async for token in stream:
            middle.add(token)
            if is_finished():
                break
        stream.cancel()
        return await stream.result()
    except asyncio.CancelledError:
        stream.cancel()
        raise
