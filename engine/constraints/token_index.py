"""An index of a vocabulary's tokens by their bytes: tokens with a given beginning, spelling or end.

Invariants: it is built once per vocabulary, then only read; tokens without bytes (special tokens) are in no
result; tokens with the same bytes are all in it.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from holesmith.engine.constraints.constraint import IDENTIFIER_BYTES, IDENTIFIER_START, successor
from numpy.typing import NDArray

TokenIds = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TokenSet:
    """A large constant set: ``ids`` in order, and for each id of the vocabulary whether the set has it."""

    ids: TokenIds
    has: NDArray[np.bool_]


_IDENTIFIER_END = re.compile(rb"[0-9A-Za-z_\x80-\xff](?=[^0-9A-Za-z_\x80-\xff])")


class TokenIndex:
    """All tokens with bytes, sorted by their bytes."""

    def __init__(self, bytes_by_id: Sequence[bytes]) -> None:
        ordered = sorted(
            (token_bytes, token_id) for token_id, token_bytes in enumerate(bytes_by_id) if token_bytes
        )
        self._token_bytes = [token_bytes for token_bytes, _ in ordered]
        self._ids = np.array([token_id for _, token_id in ordered], dtype=np.int64)
        self._id_of = dict(reversed(ordered))
        self._same = _duplicates(ordered)
        self._runs_over = _tokens_past_an_identifier(ordered)
        self._leaving: dict[bytes, TokenIds] = {}
        self._size = len(bytes_by_id)
        self.identifier_enders = self._first_byte_outside(IDENTIFIER_BYTES)
        """The tokens whose first byte ends an identifier."""
        self.non_identifier_starters = self._first_byte_outside(IDENTIFIER_START)
        """The tokens whose first byte begins no identifier."""
        self.length_max = max(map(len, self._token_bytes), default=0)

    def beginning_with(self, beginning: bytes) -> TokenIds:
        """Return all tokens that begin with these bytes, including those of exactly these bytes."""
        return self._ids[slice(*self._range(beginning))]

    def prefixes_of(self, text: bytes, known: int = 0) -> list[int]:
        """Return the tokens that spell a beginning of ``text``, or all of it, longer than ``known`` bytes."""
        id_of = self._id_of
        stop = min(len(text), self.length_max)
        found = [
            token_id
            for size in range(known + 1, stop + 1)
            if (token_id := id_of.get(text[:size])) is not None
        ]
        if not self._same:
            return found
        doubled = [text[:size] for size in range(known + 1, stop + 1) if text[:size] in self._same]
        return found + [token_id for each in doubled for token_id in self._same[each][1:]]

    def crossing_name_end(self, name: bytes) -> Sequence[int]:
        """Return the tokens that begin with ``name`` and go on with a byte that ends its identifier."""
        return self._runs_over.get(name, ())

    def leaving(self, lead: bytes) -> TokenIds:
        """Return the tokens that spell ``lead`` and then a byte with which no identifier begins."""
        known = self._leaving.get(lead)
        if known is None:
            start, stop = self._range(lead)
            chosen = [
                at
                for at in range(start, stop)
                if len(self._token_bytes[at]) > len(lead)
                and self._token_bytes[at][len(lead)] not in IDENTIFIER_START
            ]
            known = self._ids[chosen]
            if len(self._leaving) < LEADS_MAX:
                self._leaving[lead] = known
        return known

    def _first_byte_outside(self, inside: frozenset[int]) -> "TokenSet":
        chosen = [at for at, token_bytes in enumerate(self._token_bytes) if token_bytes[0] not in inside]
        has = np.zeros(self._size, dtype=np.bool_)
        has[self._ids[chosen]] = True
        return TokenSet(np.flatnonzero(has), has)

    def _range(self, beginning: bytes) -> tuple[int, int]:
        if not beginning:
            return 0, len(self._token_bytes)
        start = bisect_left(self._token_bytes, beginning)
        following = successor(beginning)
        stop = (
            len(self._token_bytes) if following is None else bisect_left(self._token_bytes, following, start)
        )
        return start, stop


LEADS_MAX = 256
"""Limit of the cached leads. A lead is the text before an identifier in a token, a space or a bracket."""


def _duplicates(ordered: Sequence[tuple[bytes, int]]) -> dict[bytes, tuple[int, ...]]:
    found: dict[bytes, tuple[int, ...]] = {}
    for (token_bytes, token_id), (following, other) in pairwise(ordered):
        if token_bytes == following:
            found[token_bytes] = (*found.get(token_bytes, (token_id,)), other)
    return found


def _tokens_past_an_identifier(ordered: Sequence[tuple[bytes, int]]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for token_bytes, token_id in ordered:
        for end in _IDENTIFIER_END.finditer(token_bytes):
            found.setdefault(token_bytes[: end.end()], []).append(token_id)
    return found
