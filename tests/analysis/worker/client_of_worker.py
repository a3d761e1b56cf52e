"""A process that starts an analysis worker, prints the worker's id, and waits for an endless answer.

The arguments are the workspace and what to do: ``ask``, or only to ``wait``.
"""

import asyncio
import sys

from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.options import Options
from holesmith.analysis.questions import MembersQuestion, Source

NAMES = "\n".join(f"a{n} = [a{n - 1}, a{n - 1}, a{n - 1}]" for n in range(1, 400))
ENDLESS = f"a0 = []\n{NAMES}\na399[0][0][0]."


async def run(workspace: str, task: str) -> None:
    client = AnalysisClient(Options(workspace))
    await client.warm_up()
    asking = asyncio.ensure_future(
        client.ask(MembersQuestion(Source(None, ENDLESS), len(ENDLESS)), 600_000.0)
        if task == "ask"
        else asyncio.sleep(600)
    )
    await asyncio.sleep(0)
    print(client.status.process_id, flush=True)
    await asking


asyncio.run(run(*sys.argv[1:]))
