"""What happens in pauses, for tests that have to wait for its end."""

import asyncio

from holesmith.completion.service import Service


async def at_rest(service: Service) -> None:
    """Until nothing is being read ahead, nor will be."""
    task = service._warm_up._task  # pyright: ignore[reportPrivateUsage]  # that nothing is done shows nowhere else
    if task is not None:
        await asyncio.wait([task])
