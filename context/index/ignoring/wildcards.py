"""Translate git's wildcards (its matcher wildmatch) to regular expressions that hardly backtrack.

A pattern for paths is cut at its slashes into components. A component is a regular expression for one part of
a path, or stands for any number of parts (``**``). Everything is bytes.
"""

import re
from collections.abc import Sequence

Component = re.Pattern[bytes] | None
"""None is ``**``: any number of parts of a path, or no part."""

_ANY = re.compile(rb".*", re.DOTALL)
_NEVER = re.compile(rb"(?!)")
_STAR = b"*"  # in a list of pieces; every other piece is a regular expression for one byte
_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"
_PUNCTUATION = bytes(byte for byte in range(33, 127) if not chr(byte).isalnum())
_NAMED = {
    b"alnum": _LETTERS + _LETTERS.upper() + _DIGITS,
    b"alpha": _LETTERS + _LETTERS.upper(),
    b"blank": b" \t",
    b"cntrl": bytes((*range(32), 127)),
    b"digit": _DIGITS,
    b"graph": bytes(range(33, 127)),
    b"lower": _LETTERS,
    b"print": bytes(range(32, 127)),
    b"punct": _PUNCTUATION,
    b"space": b" \t\n\r",
    b"upper": _LETTERS.upper(),
    b"xdigit": _DIGITS + b"abcdefABCDEF",
}


class _NeverMatchesError(ValueError):
    """A pattern that git takes to match nothing, such as one with an open bracket."""


def components_of(pattern: bytes, *, in_path: bool, ignore_case: bool) -> tuple[Component, ...]:
    """Return the components of a pattern. Only ``in_path`` has ``**`` a meaning of its own.

    With ``ignore_case`` the components are for text in lower case.
    """
    try:
        return tuple(_Reader(pattern, in_path=in_path, ignore_case=ignore_case).components())
    except _NeverMatchesError:
        return (_NEVER,)


def matches(components: Sequence[Component], parts: Sequence[bytes]) -> bool:
    """True if the components match all parts of a path, in order."""
    if len(parts) < sum(each is not None for each in components):
        return False
    at = part = 0
    # The index behind the last ``**`` passed, and the part at which its match ends for now.
    after_any, taken = -1, 0
    while part < len(parts):
        component = components[at] if at < len(components) else _NEVER
        if component is None:
            at += 1
            after_any, taken = at, part
        elif component.fullmatch(parts[part]):
            at, part = at + 1, part + 1
        elif after_any >= 0:
            taken += 1
            at, part = after_any, taken
        else:
            return False
    return all(each is None for each in components[at:])


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, pattern: bytes, *, in_path: bool, ignore_case: bool) -> None:
        self._pattern = pattern
        self._in_path = in_path
        self._ignore_case = ignore_case
        self._at = 0
        self._pieces: list[bytes] = []
        self._components: list[Component] = []

    def components(self) -> list[Component]:
        is_whole = False
        while self._at < len(self._pattern):
            is_whole = self._read_one()
        if not is_whole:
            self._end_component()
        return self._components

    def _read_one(self) -> bool:
        """Read one element; True if it was a ``**`` at the end, after which no component is open."""
        match self._pattern[self._at : self._at + 1]:
            case b"*":
                return self._read_stars()
            case b"?":
                self._add(b".")
            case b"[":
                self._pieces.append(self._read_class())
            case b"/":
                self._end_component()
                self._at += 1
            case b"\\":
                self._read_escaped()
            case byte:
                self._add(self._literal(byte))
        return False

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._at += 1

    def _literal(self, byte: bytes) -> bytes:
        return re.escape(byte.lower() if self._ignore_case else byte)

    def _read_escaped(self) -> None:
        escaped = self._pattern[self._at + 1 : self._at + 2]
        if not escaped:
            raise _NeverMatchesError
        self._at += 2
        if escaped == b"/":
            self._end_component()
        else:
            # Git folds the backslash, not the character behind it.
            self._pieces.append(re.escape(escaped))

    def _read_stars(self) -> bool:
        start, pattern = self._at, self._pattern
        while pattern[self._at : self._at + 1] == b"*":
            self._at += 1
        rest = pattern[self._at : self._at + 2]
        is_component = self._in_path and self._at - start > 1 and pattern[start - 1 : start] in (b"", b"/")
        if not is_component or not (rest in (b"", b"\\/") or rest.startswith(b"/")):
            self._pieces.append(_STAR)
            return False
        if not rest.startswith(b"/"):
            self._components.append(_ANY)
        self._components.append(None)
        self._at += 2 if rest.startswith(b"\\") else len(rest[:1])
        return not rest

    def _end_component(self) -> None:
        self._components.append(_compiled(self._pieces))
        self._pieces = []

    def _read_class(self) -> bytes:
        reader = _ClassReader(self._pattern, self._at + 1)
        members, self._at = reader.members(), reader.at
        if self._ignore_case:
            # Git folds the text and not the class, except for ranges and [:upper:].
            members |= {byte + 32 for byte in members & reader.folded if 65 <= byte <= 90}
        if reader.is_negated:
            members = set(range(1, 256)) - members
        return b"[" + b"".join(rb"\x%02x" % byte for byte in sorted(members)) + b"]" if members else b"(?!)"


class _ClassReader:
    """Reads a class from behind its opening bracket; afterwards ``at`` is behind its closing bracket."""

    def __init__(self, pattern: bytes, at: int) -> None:
        self._pattern = pattern
        self.at = at
        self.is_negated = pattern[at : at + 1] in (b"!", b"^")
        self.at += self.is_negated
        self.folded: set[int] = set()
        """Members that stand for their lower case too if case is ignored."""

    def members(self) -> set[int]:
        members: set[int] = set()
        before = 0  # the single member right before, which may begin a range
        is_first = True
        while is_first or self._byte(0) != b"]":
            is_first = False
            byte = self._required(0)
            if byte == b"\\":
                self.at += 1
                before = self._required(0)[0]
                members.add(before)
            elif byte == b"-" and before and self._byte(1) not in (b"", b"]"):
                ranged = self._range(before)
                members |= ranged
                self.folded |= ranged
                before = 0
            elif byte == b"[" and self._byte(1) == b":" and (named := self._named()) is not None:
                members |= named
                before = 0
            else:
                before = byte[0]
                members.add(before)
            self.at += 1
        self.at += 1
        return members

    def _byte(self, ahead: int) -> bytes:
        return self._pattern[self.at + ahead : self.at + ahead + 1]

    def _required(self, ahead: int) -> bytes:
        byte = self._byte(ahead)
        if not byte:
            raise _NeverMatchesError
        return byte

    def _range(self, first: int) -> set[int]:
        self.at += 1
        if self._byte(0) == b"\\":
            self.at += 1
        return set(range(first, self._required(0)[0] + 1))

    def _named(self) -> set[int] | None:
        """Read a class by name, as in ``[:digit:]``; None if the brackets are not those of a name."""
        end = self._pattern.find(b"]", self.at + 2)
        if end < 0:
            raise _NeverMatchesError
        inside = self._pattern[self.at + 2 : end]
        if not inside.endswith(b":"):
            return None
        if inside[:-1] not in _NAMED:
            raise _NeverMatchesError
        self.at = end
        members = set(_NAMED[inside[:-1]])
        if inside == b"upper:":
            self.folded |= members
        return members


def _compiled(pieces: Sequence[bytes]) -> re.Pattern[bytes]:
    """Join the pieces to one expression in which every star is placed once, as early as possible.

    Only the last star gives back characters, to reach the end.
    """
    first, *others = _runs(pieces)
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    between = b"".join(b"(?>.*?" + run + b")" for run in middle if run)
    return re.compile(first + between + b".*" + last, re.DOTALL)


def _runs(pieces: Sequence[bytes]) -> list[bytes]:
    """Return the pieces between the stars, joined."""
    runs: list[list[bytes]] = [[]]
    for piece in pieces:
        if piece == _STAR:
            runs.append([])
        else:
            runs[-1].append(piece)
    return [b"".join(run) for run in runs]
