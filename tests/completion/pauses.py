"""What happens in pauses, for tests that have to wait for its end."""

import asyncio

from holesmith.completion.service import Service


async def at_rest(service: Service) -> None:
    """Until nothing is being read ahead, nor will be."""
    warm_up = service._warm_up  # pyright: ignore[reportPrivateUsage]  # that nothing is done shows nowhere else
    while tasks := [task for task in (warm_up._watch, warm_up._reading) if task and not task.done()]:  # pyright: ignore[reportPrivateUsage]
        await asyncio.wait(tasks)
