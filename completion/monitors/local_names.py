"""Names that the document itself shows to be right, so that nobody need be asked about them.

Such a name would not be refused anyway: a name bound or used in the definition around the cursor is allowed
whatever analysis finds (see `watcher`), and a member that is used on the same receiver nearby is a reason for
analysis not to trust its own list. So the verdict is the same with these names and without; only the question
is saved.
"""

import builtins
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from keyword import kwlist, softkwlist

from holesmith.analysis.ipython import IPYTHON_NAMES, is_notebook
from holesmith.analysis.syntax.languages.language_rules import CLOSERS, OPENERS
from holesmith.analysis.syntax.occurrences import occurrences
from holesmith.completion.monitors.document import Document, words_around

KEYWORDS = frozenset((*kwlist, *softkwlist))
_IMPLICIT = frozenset(
    ("__class__", "__file__", "__name__", "__doc__", "__package__", "__spec__", "__path__", "__loader__")
) | frozenset(("__builtins__", "__annotations__", "__module__", "__qualname__", "__dict__", "WindowsError"))
"""Names that Python itself provides in modules, classes and methods, or on some systems only."""
ALWAYS_DEFINED = KEYWORDS | _IMPLICIT
EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)
_BUILTINS = frozenset(vars(builtins))
_DEFINED = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE
)
_IMPORT = re.compile(
    r"^(?:from[ \t]++[\w.]++[ \t]++)?import[ \t]++(\((?:[^()#]|#[^\n]*)*+\)|[^\n(]*)", re.MULTILINE
)
_IMPORTED = re.compile(r"(?<![\w.])(\w+)(?:\.\w+)*[ \t]*(?:,|$|\))|\bas[ \t]+(\w+)", re.MULTILINE)
_CHAIN = re.compile(r"(?<![\w.)\]}\"'])[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_POSTPONED = re.compile(r"^from __future__ import [^\n]*\bannotations\b", re.MULTILINE)
_FUNCTION = re.compile(r"^([ \t]*)(?:async[ \t]+)?def\b", re.MULTILINE)
_CLASS = re.compile(r"^class\b", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
_NAMED = re.compile(r"\w+\s*=(?!=)")
_CLOSED = re.compile(r"\s*\)")
_BRACKET = re.compile(r"[()]")
_KEYWORD = re.compile(r"\b(\w+)[ \t]*=")

# The characters of the document that are read on either side; for the rest, analysis is asked.
CHARACTERS_MAX = 200_000
# Members of one dotted chain, calls of one callee, and characters of one call that are looked at.
LEVELS_MAX = 16
CALLS_MAX = 8
CALL_CHARACTERS_MAX = 400


class Words:
    """A set of words that also knows the beginnings of its words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._ordered = sorted(set(words))

    def __contains__(self, word: str) -> bool:
        at = bisect_left(self._ordered, word)
        return self._ordered[at : at + 1] == [word]

    def has_beginning(self, beginning: str) -> bool:
        """True if a word begins with ``beginning``."""
        at = bisect_left(self._ordered, beginning)
        return at < len(self._ordered) and self._ordered[at].startswith(beginning)


NO_WORDS = Words(())


@dataclass
class LocalNames:
    """The names in the text of a Python document before and behind the generated text.

    Of a long document, only the lines near the cursor are read.
    """

    document: Document

    def __post_init__(self) -> None:
        self.before, self.after = self.document.before, self.document.after[:CHARACTERS_MAX]
        if len(self.before) > CHARACTERS_MAX:
            cut = self.before.find("\n", len(self.before) - CHARACTERS_MAX)
            self.before = self.before[cut + 1 :]

    @cached_property
    def around(self) -> frozenset[str]:
        """The bare names in the definition around the cursor.

        If annotations are not evaluated, these include the names that the module binds further down.
        """
        found = words_around(self.document) | self._of_ipython
        return found | bound_at_margin(self.after) if _POSTPONED.search(self.before) else found

    @property
    def _of_ipython(self) -> frozenset[str]:
        is_in_cells = is_notebook(self.document.path, self.before) or is_notebook(None, self.after)
        return IPYTHON_NAMES if is_in_cells else frozenset()

    @cached_property
    def names(self) -> Words:
        """The names that certainly exist here."""
        known = self.around | _BUILTINS | KEYWORDS | self._at_margin
        if _function_start(self.before) is not None:
            known |= bound_at_margin(self.after)  # a function may use names that are defined below it
        return Words(known)

    def members(self, receiver: str) -> Words:
        """Return the members used on a dotted receiver in the function around the cursor, on ``self`` in the
        class.
        """
        return self._members.get(receiver, NO_WORDS)

    @cached_property
    def _members(self) -> dict[str, Words]:
        found: dict[str, set[str]] = {}
        of_self = self.before[_last_class(self.before) :]
        of_locals = self.before[_function_start(self.before) or 0 :]
        for text, is_self in ((of_locals, False), (of_self, True)):
            for chain in _CHAIN.findall(text):
                first, *rest = chain.split(".")
                if is_self == (first in ("self", "cls")):
                    for member in rest[:LEVELS_MAX]:
                        found.setdefault(first, set()).add(member)
                        first = f"{first}.{member}"
        return {receiver: Words(members) for receiver, members in found.items()}

    def takes(self, callee: str, positional: int) -> bool:
        """True if the same callee gets more than ``positional`` arguments without a name elsewhere."""
        return any(
            positional_arguments(text, start) > positional
            for text in (self.before, self.after)
            for start in islice(_calls(text, callee), CALLS_MAX)
        )

    def takes_none(self, callee: str) -> bool:
        """True if the same callee is called without arguments elsewhere."""
        return any(
            _CLOSED.match(text, start) is not None
            for text in (self.before, self.after)
            for start in _calls(text, callee)
        )

    def is_builtin(self, name: str) -> bool:
        """True if Python itself provides the name, and the document does not bind it at its left margin."""
        return name in _BUILTINS and name not in self._at_margin

    @cached_property
    def _at_margin(self) -> frozenset[str]:
        return bound_at_margin(self.before)

    def has_keyword(self, callee: str, keyword: str) -> bool:
        """True if the same callee gets this keyword elsewhere, in a call without calls before it."""
        return any(
            keyword in _KEYWORD.findall(text, start, _next_bracket(text, start))
            for text in (self.before, self.after)
            for start in _calls(text, callee)
        )


def _calls(text: str, callee: str) -> Iterator[int]:
    """Yield the offsets at which the arguments of the callee's calls begin."""
    opened = f"{callee}("
    return (start + len(opened) for start in occurrences(text, opened))


def _next_bracket(text: str, start: int) -> int:
    found = _BRACKET.search(text, start)
    return len(text) if found is None else found.start()


def positional_arguments(text: str, start: int) -> int:
    """Return the number of arguments without a name in a call whose arguments begin at ``start``.

    0 if that is not plain to see: an argument is unpacked, a string occurs, or the call is long.
    """
    depth = count = 0
    part = start
    for at in range(start, min(start + CALL_CHARACTERS_MAX, len(text))):
        character = text[at]
        if character in OPENERS:
            depth += 1
        elif character in CLOSERS:
            depth -= 1
        if depth < 0 or (depth == 0 and character == ","):
            argument = text[part:at].strip()
            if argument.startswith("*") or "lambda" in argument or '"' in argument or "'" in argument:
                return 0
            count += bool(argument) and _NAMED.match(argument) is None
            part = at + 1
        if depth < 0:
            return count
    return 0


def bound_at_margin(text: str) -> frozenset[str]:
    """Return the names that the statements at the left margin define, assign or import."""
    found = {name for match in _DEFINED.finditer(text) for name in match.groups() if name}
    for match in _IMPORT.finditer(text):
        listed = _COMMENT.sub("", match[1])
        found |= {name for each in _IMPORTED.finditer(listed) for name in each.groups() if name}
    return frozenset(found)


def _function_start(text: str) -> int | None:
    """Return the offset at which the innermost function around the end begins; None outside of functions."""
    last = text[text.rfind("\n") + 1 :]
    indentation = len(last) - len(last.lstrip(" \t"))
    for match in reversed(list(_FUNCTION.finditer(text))):
        if len(match[1]) < indentation:
            return match.start()
    return None


def _last_class(text: str) -> int:
    return max((match.start() for match in _CLASS.finditer(text)), default=0)
