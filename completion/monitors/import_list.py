"""The list of names behind ``from … import``, from the text before its end alone."""

import re

from holesmith.analysis.syntax.excerpt import Excerpt
from holesmith.analysis.syntax.tokens_before_hole import TokensBeforeHole

CHARACTERS_MAX = 2_000
# Possessive quantifiers give nothing back: the time stays in proportion to the text, whatever that is.
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
    """Where the list begins that ``text`` ends in; the end of the text if it ends in none."""
    found = _STATEMENT.search(text, max(len(text) - CHARACTERS_MAX, 0))
    return len(text) if found is None else found.end(1)


def is_before_list(statement: str) -> bool:
    """Whether the names come next, or a bracket around them."""
    return _BEFORE_LIST.search(statement) is not None


def is_behind_name(statement: str) -> bool:
    """Whether the text ends right behind a name of a list without brackets."""
    return _LISTED.search(statement) is not None


def is_name_place(excerpt: Excerpt) -> bool:
    """Whether a word at the end of an import names what is imported, or where from: no keyword fits there."""
    last = TokensBeforeHole(excerpt, len(excerpt.tokens)).before
    if last is None:  # right behind a bracket
        return True
    if set(last.text) == {"."}:  # behind a blank, no module goes on behind dots
        return last.stop == len(excerpt.prefix)
    return last.kind != "word" or last.text in ("from", "import")
