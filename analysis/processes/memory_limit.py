"""A limit on the memory of this process: text that others wrote must not take all that the machine has."""

import sys
from contextlib import suppress


def limit_memory(bytes_max: int) -> None:
    """Let the address space of this process grow to ``bytes_max`` at most, where the system can bound it."""
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (bytes_max, hard))
