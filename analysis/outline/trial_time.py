"""The time for which texts are tried in place of a suggestion.

The client ends the syntax process after half a second, and then knows nothing of the document for a while.
"""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

SECONDS_MAX = 0.1


def for_a_while(items: Iterable[T]) -> Iterator[T]:
    """Yield items until SECONDS_MAX have passed; the first one always."""
    end = time.monotonic() + SECONDS_MAX
    for item in items:
        yield item
        if time.monotonic() > end:
            return
