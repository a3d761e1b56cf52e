"""A record of the workers' crashes by document, which decides whose analysis pauses for a while.

A document made to hang the worker, or to make it grow, loses its own analysis and harms no other document.
Only a worker that ends before its first answer, or without a document, counts against all documents.
"""

import time
from collections import OrderedDict, deque

# So many crashes in the window, without a document to blame, pause all analysis.
CRASHES_MAX = 5
CRASHES_OF_DOCUMENT_MAX = 3
CRASH_WINDOW_S = 60.0
DOCUMENTS_MAX = 100


class CrashRecord:
    """The crashes of the last minute. A document is known by its path; None is a text without one."""

    def __init__(self) -> None:
        self._all: deque[float] = deque(maxlen=CRASHES_MAX)
        self._of_document: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, document: str | None, *, had_answered: bool) -> None:
        """Record that a worker has ended while it was asked about ``document``."""
        if document is None or not had_answered:
            self._all.append(time.monotonic())
            return
        crashes = self._of_document.pop(document, None) or deque[float](maxlen=CRASHES_OF_DOCUMENT_MAX)
        crashes.append(time.monotonic())
        self._of_document[document] = crashes
        if len(self._of_document) > DOCUMENTS_MAX:
            self._of_document.popitem(last=False)

    def is_off(self, document: str | None) -> bool:
        """True if analysis of this document is paused."""
        of_document = self._of_document.get(document) if document is not None else None
        return _are_too_many(self._all) or (of_document is not None and _are_too_many(of_document))


def _are_too_many(crashes: deque[float]) -> bool:
    return len(crashes) == crashes.maxlen and time.monotonic() - crashes[0] < CRASH_WINDOW_S
