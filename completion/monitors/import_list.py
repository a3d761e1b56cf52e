"""The list of names behind ``from … import``, recognised from the text before its end alone."""

import re

from holesmith.analysis.syntax.excerpt import Excerpt
from holesmith.analysis.syntax.tokens_before_hole import TokensBeforeHole

# Characters before the end in which a list is looked for; a longer list is not recognised.
CHARACTERS_MAX = 2_000
# Possessive quantifiers give nothing back: the time is proportional to the length of the text, for any text.
_NAME = r"(?!as\b)\w++(?:[ \t]++as[ \t]++\w++)?"
_STATEMENT = re.compile(
    rf"(\bfrom[ \t]++[\w.]++[ \t]++import[ \t]*+)(?:\([ \t]*+)?(?:\s*+{_NAME}[ \t]*+,)*+\s*+(?:{_NAME})?$"
)
"""A statement that imports several names from a module, up to or behind one of them."""
_LISTED = re.compile(
    rf"^[ \t]*+from[ \t]++[\w.]++[ \t]++import[ \t]++(?:{_NAME}[ \t]*+,[ \t]*+)*{_NAME}$", re.MULTILINE
)
_BEFORE_LIST = re.compile(r"^[ \t]*+from[ \t]++[\w.]++[ \t]++import[ \t]++$", re.MULTILINE)


def list_begin(text: str) -> int:
    """Return the offset at which the list at the end of ``text`` begins; the end of the text if there is no
    list.
    """
    found = _STATEMENT.search(text, max(len(text) - CHARACTERS_MAX, 0))
    return len(text) if found is None else found.end(1)


def is_before_list(statement: str) -> bool:
    """True if the names come next, or a bracket around them."""
    return _BEFORE_LIST.search(statement) is not None


def is_behind_name(statement: str) -> bool:
    """True if the text ends directly behind a name of a list without brackets."""
    return _LISTED.search(statement) is not None


def is_name_place(excerpt: Excerpt) -> bool:
    """True if a word at the end of an import names something imported or a module: no keyword fits there."""
    last = TokensBeforeHole(excerpt, len(excerpt.tokens)).before
    if last is None:  # directly behind a bracket
        return True
    if set(last.text) == {"."}:  # no module goes on behind dots and a blank
        return last.stop == len(excerpt.prefix)
    return last.kind != "word" or last.text in ("from", "import")
