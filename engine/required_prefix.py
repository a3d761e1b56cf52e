"""Which tokens may come next when the generation must begin with given bytes (token healing).

A prompt whose last token was cut off in mid-word is healed by dropping that token and requiring its bytes:
the model may then spell them with whatever tokens it would have used itself, and go on beyond them.
"""

from bisect import bisect_left
from collections.abc import Sequence


class BytePrefixIndex:
    """Finds tokens by the beginnings of their bytes: all tokens with bytes, sorted."""

    def __init__(self, bytes_by_id: Sequence[bytes]) -> None:
        ordered = sorted((spelling, token_id) for token_id, spelling in enumerate(bytes_by_id) if spelling)
        self._spellings = [spelling for spelling, _ in ordered]
        self._ids = [token_id for _, token_id in ordered]

    def candidates(self, required: bytes) -> list[int]:
        """The ids of all tokens that agree with ``required``: that begin with it, or that it begins with."""
        assert required, "nothing is required"
        start, stop = self._range(required)
        found = self._ids[start:stop]
        for size in range(1, len(required)):
            first = bisect_left(self._spellings, required[:size])
            while first < len(self._spellings) and self._spellings[first] == required[:size]:
                found.append(self._ids[first])
                first += 1
        return found

    def _range(self, beginning: bytes) -> tuple[int, int]:
        start = bisect_left(self._spellings, beginning)
        following = _successor(beginning)
        stop = len(self._spellings) if following is None else bisect_left(self._spellings, following)
        return start, stop


def _successor(beginning: bytes) -> bytes | None:
    """The least byte string above all that begin with ``beginning``; None if there is none."""
    trimmed = beginning.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else None


def remaining_after(required: bytes, spelling: bytes) -> bytes:
    """What is still required after a token of these bytes. The token must agree with ``required``."""
    assert required.startswith(spelling) or spelling.startswith(required), (required, spelling)
    return required[len(spelling) :]
