"""A process that has a syntax process, prints its id, and waits."""

import time

from holesmith.analysis.outline.syntax_process import SYNTAX

SYNTAX.symbols_of("python", "def own(): pass\n" * 1_000)
print(SYNTAX.process and SYNTAX.process.pid, flush=True)
time.sleep(600)
