"""Whether the process that started the server still lives."""

import asyncio
import os

PERIOD_SECONDS = 2.0


async def wait_until_gone(process_id: int) -> None:
    """Return when there is no such process. A process of another user lives, too."""
    while _is_alive(process_id):
        await asyncio.sleep(PERIOD_SECONDS)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
