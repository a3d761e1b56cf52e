"""Masks over tokens: the tokens that keep to a constraint, as a short list of ids and a constant set.

This sparse form follows from measurements on vocabularies of 150,000 tokens: almost no token goes on from
inside an identifier over its end. So a state allows a few dozen tokens that spell beginnings of the remaining
names, and, after a complete name, every token that begins with a byte that ends identifiers.

Invariants: a token is in the mask of a state exactly if advancing by its bytes is not refused; masks are
cached by state, because states are immutable.
"""

from dataclasses import dataclass

import numpy as np
from holesmith.engine.constraints.constraint import ByteMachine, End, State, common_beginning
from holesmith.engine.constraints.token_index import TokenIds, TokenIndex, TokenSet
from numpy.typing import NDArray

STATES_MAX = 512
"""The number of states whose masks are kept for one constraint."""

_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class TokenMask:
    """The allowed ids: ``token_ids``, sorted, and the constant ``shared_set``, which have no id in common.

    ``shared_set`` is one of a few objects, always the same ones, so that an engine can keep a copy of it on
    its device. ``may_end`` is True if the ids that end the generation are allowed too.
    """

    token_ids: TokenIds
    shared_set: TokenSet | None
    may_end: bool

    def ids(self) -> TokenIds:
        """Return all ids in one array."""
        return (
            self.token_ids
            if self.shared_set is None
            else np.concatenate((self.token_ids, self.shared_set.ids))
        )


class TokenMasks:
    """The masks of one constraint's states over one vocabulary."""

    def __init__(self, machine: ByteMachine, index: TokenIndex) -> None:
        self.machine = machine
        self._index = index
        self._known: dict[bytes, TokenMask] = {}

    def mask(self, state: State) -> TokenMask | None:
        """Return the mask of a state; None for a constraint that has ended."""
        if isinstance(state, End):
            return None
        known = self._known.get(state)
        if known is None:
            known = self._compute(state)
            if len(self._known) < STATES_MAX:
                self._known[state] = known
        return known

    def _compute(self, state: bytes) -> TokenMask:
        token_ids = self._within_names(state)
        parts = [self._index.beginning_with(text[len(state) :]) for text in self._texts(state)]
        shared_set = self._index.identifier_enders if state in self.machine.names else None
        lead = self.machine.constraint.lead
        if not self.machine.constraint.is_exclusive and lead.startswith(state):
            if state == lead:
                shared_set = self._index.non_identifier_starters
            else:
                token_ids += self._index.prefixes_of(lead[len(state) :])
                parts.append(self._index.leaving(lead[len(state) :]))
        found = np.unique(np.concatenate((_sorted(token_ids), *parts))) if parts else _sorted(token_ids)
        if shared_set is not None:
            found = found[~shared_set.has[found]]
        return TokenMask(found, shared_set, self.machine.may_end(state))

    def _within_names(self, state: bytes) -> list[int]:
        """Return tokens that spell beginnings of the remaining names and texts, or run past a name."""
        index, skip = self._index, len(state)
        found: list[int] = []
        before = b""
        for string in self.machine.strings_from(state):
            rest = string[skip:]
            known = len(common_beginning(before, rest))
            found += index.prefixes_of(rest, known)
            if rest and string in self.machine.names:
                found += index.crossing_name_end(rest)
            before = rest
        return found

    def _texts(self, state: bytes) -> list[bytes]:
        if not self.machine.texts:
            return []
        return [text for text in self.machine.strings_from(state) if text in self.machine.texts]


def intersect(masks: list[TokenMask]) -> TokenMask:
    """Return the mask of the tokens that all ``masks`` allow."""
    first, *others = masks
    if not others:
        return first
    may_end = all(mask.may_end for mask in masks)
    if all(mask.shared_set is first.shared_set for mask in masks):
        token_ids = first.token_ids
        for mask in others:
            token_ids = np.intersect1d(token_ids, mask.token_ids, assume_unique=True)
        return TokenMask(token_ids, first.shared_set, may_end)
    narrow = min(masks, key=_size)
    found = np.sort(narrow.ids())
    for mask in masks:
        if mask is not narrow:
            kept = np.isin(found, mask.token_ids, assume_unique=True)
            found = found[kept if mask.shared_set is None else kept | mask.shared_set.has[found]]
    return TokenMask(found, None, may_end)


def _size(mask: TokenMask) -> int:
    return len(mask.token_ids) + (len(mask.shared_set.ids) if mask.shared_set else 0)


def packed(mask: TokenMask, size: int) -> NDArray[np.int32]:
    """Return the mask as a bit for each of ``size`` ids, a word's lowest bit first.  # [ceil(size / 32)]"""
    bits = np.zeros(-(-size // 32) * 32, dtype=np.bool_)
    bits[mask.token_ids] = True
    if mask.shared_set is not None:
        bits[mask.shared_set.ids] = True
    return np.packbits(bits, bitorder="little").view(np.int32)


def _sorted(ids: list[int]) -> TokenIds:
    return np.array(sorted(set(ids)), dtype=np.int64) if ids else _NONE
