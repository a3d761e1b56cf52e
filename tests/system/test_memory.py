"""Free memory goes back to the system."""

import subprocess
import sys

import pytest

HOLES = """
import resource
from pathlib import Path
from holesmith.system.memory import release_free_memory

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

blocks = [bytes(2_000) for _ in range(50_000)]
last = blocks.pop()  # at the end of the heap, which it keeps from shrinking
del blocks
before = resident_mb()
release_free_memory()
print(before - resident_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps what is free")
def test_what_was_freed_between_blocks_in_use_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", HOLES], capture_output=True, text=True, check=True, timeout=60
    )
    assert float(done.stdout) > 50
