"""The state machine of a constraint, over the bytes of generated text.

Invariants: states are immutable values, so a rollback only needs an earlier state; text is judged byte by
byte, so every way to cut it into tokens gives the same result.
"""

from bisect import bisect_left
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from holesmith.engine.request import Constraint

_ASCII_IDENTIFIER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
IDENTIFIER_START = frozenset(_ASCII_IDENTIFIER) | frozenset(range(0x80, 0x100))
IDENTIFIER_BYTES = IDENTIFIER_START | frozenset(b"0123456789")
"""Bytes outside ASCII count as parts of identifiers: elsewhere in code they stand in strings and comments."""


class End(Enum):
    """The two ways in which a constraint can end."""

    FREE = "free"  # fulfilled: any text may follow
    REFUSED = "refused"


State = bytes | End
"""The bytes that an open constraint has seen, or the way in which it ended."""


class ByteMachine:
    """The state machine of one constraint.

    It holds the constraint's strings, with the lead before them, sorted.
    """

    def __init__(self, constraint: Constraint) -> None:
        self.constraint = constraint
        self.start: bytes = b""
        lead = constraint.lead
        self.names = frozenset(lead + name for name in constraint.names)
        self.texts = frozenset(lead + text for text in constraint.texts)
        self._strings = sorted(self.names | self.texts)

    def advance(self, state: State, token_bytes: bytes) -> State:
        """Return the state after a token of these bytes."""
        if isinstance(state, End) or not token_bytes:
            return state
        seen = state + token_bytes
        if self._is_fulfilled(len(state), seen):
            return End.FREE
        is_open = bool(self.strings_from(seen)) or self.constraint.lead.startswith(seen)
        return seen if is_open else End.REFUSED

    def may_end(self, state: State) -> bool:
        """True if the generation may end here."""
        if isinstance(state, End):
            return True
        return state in self.names or (not self.constraint.is_exclusive and state == self.constraint.lead)

    def strings_from(self, beginning: bytes) -> list[bytes]:
        """Return all names and texts that begin with these bytes, with the lead, in order."""
        first = bisect_left(self._strings, beginning)
        following = successor(beginning)
        stop = len(self._strings) if following is None else bisect_left(self._strings, following, first)
        return self._strings[first:stop]

    def forced_after(self, state: State) -> bytes:
        """Return the bytes that must come next, whatever tokens spell them; empty if there is a choice."""
        if isinstance(state, End):
            return b""
        lead = self.constraint.lead
        if not self.constraint.is_exclusive and len(state) <= len(lead):
            return lead[len(state) :]
        strings = self.strings_from(state)
        # Sorted strings all share what the first and the last share.
        return common_beginning(strings[0], strings[-1])[len(state) :] if strings else b""

    def _is_fulfilled(self, known: int, seen: bytes) -> bool:
        lead = self.constraint.lead
        if (
            not self.constraint.is_exclusive
            and known <= len(lead) < len(seen)
            and seen.startswith(lead)
            and seen[len(lead)] not in IDENTIFIER_START
        ):
            return True
        return any(
            (seen[stop] not in IDENTIFIER_BYTES and seen[:stop] in self.names)
            or seen[: stop + 1] in self.texts
            for stop in range(known, len(seen))
        )


@lru_cache(maxsize=64)
def machine_of(constraint: Constraint) -> ByteMachine:
    """Return the machine of a constraint.

    The last few are cached, because the same types come again and again.
    """
    return ByteMachine(constraint)


def rest_after(constraint: Constraint, seen: bytes) -> Constraint:
    """Return the part of an open constraint that is still to be fulfilled after ``seen``."""
    lead = constraint.lead
    if len(seen) < len(lead):
        assert lead.startswith(seen), (lead, seen)
        return _replaced(constraint, constraint.names, constraint.texts, lead[len(seen) :])
    begun = seen.removeprefix(lead)
    if not begun:
        return _replaced(constraint, constraint.names, constraint.texts, b"")
    rest = _replaced(constraint, _stripped(constraint.names, begun), _stripped(constraint.texts, begun), b"")
    # An identifier has begun, so from now on it has to be one of the names.
    return Constraint(rest.names, rest.texts, penalty=rest.penalty)


def _replaced(
    constraint: Constraint, names: tuple[bytes, ...], texts: tuple[bytes, ...], lead: bytes
) -> Constraint:
    return Constraint(names, texts, lead, constraint.is_exclusive, constraint.penalty)


def _stripped(strings: Iterable[bytes], begun: bytes) -> tuple[bytes, ...]:
    return tuple(string[len(begun) :] for string in strings if string.startswith(begun))


def common_beginning(first: bytes, second: bytes) -> bytes:
    """Return the beginning that two byte strings share."""
    shortest = min(len(first), len(second))
    return first[: next((at for at in range(shortest) if first[at] != second[at]), shortest)]


def successor(beginning: bytes) -> bytes | None:
    """Return the least byte string above all that begin with ``beginning``; None if there is none."""
    trimmed = beginning.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else None
