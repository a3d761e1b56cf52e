"""Find characters that a reader does not see: controls, bidirectional formatting, zero-width, ignorable ones.

Such characters can make code look different from what it is ("Trojan Source"), hide text in it, or steer a
terminal. Hidden are Unicode's Default_Ignorable_Code_Point, all controls but tab and line breaks, the
separators of lines and paragraphs, interlinear annotation and lone surrogates. Spaces that take up room are
seen. So is an emoji, and the characters that join its parts or choose its form belong to it.
"""

import re
from collections.abc import Iterator
from unicodedata import category

_HIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]|\\r(?!\\n)"
)
# These characters join letters in emoji, Arabic and Indic scripts, and keep them apart.
_JOINER, _NON_JOINER = "\u200d", "\u200c"
_JOINERS = (_JOINER, _NON_JOINER)
_EMOJI_FORMS = ("\ufe0e", "\ufe0f")
_KEYCAP, _KEYS = "\u20e3", "0123456789#*"
# Emoji that are no symbols to Unicode (such as the information sign), and the colours of skin.
_EMOJI = frozenset("\u203c\u2049\u3030\u303d\u2139" + "".join(map(chr, range(0x1F3FB, 0x1F400))))
# The next character decides whether these are hidden.
_UNDECIDED = (_JOINER, *_EMOJI_FORMS, "\r")
# Scripts whose letters change with their neighbours begin about here: Hebrew, Arabic, the Indic ones.
_FIRST_JOINING = "\u0590"
# The document's own characters are looked for up to this distance from the cursor.
NEAR_CHARACTERS = 2_000


def hidden_offsets(text: str, start: int = 0) -> Iterator[int]:
    """Yield the offsets of hidden characters, from ``start`` on."""
    return (found.start() for found in _HIDDEN.finditer(text, start) if not _is_of_emoji(text, found.start()))


def is_letter_joiner(text: str, at: int) -> bool:
    """True if the character joins or parts the letters of a script that needs it, such as Persian."""
    before = text[at - 1 : at]
    return text[at] in _JOINERS and before > _FIRST_JOINING and category(before)[0] in "LM"


def hidden_start(middle: str, prefix: str, suffix: str, *, may_go_on: bool = False) -> int | None:
    """Return the offset of the first hidden character that the document does not have; None if there is none.

    The line of the cursor must have the character. For joiners of letters and carriage returns, which some
    texts need, it is enough that the text near the cursor has it. ``may_go_on``: more of ``middle`` may come,
    and decide about its last character.
    """
    before = prefix[-2:]
    text = before + middle
    for at in hidden_offsets(text, len(before)):
        if may_go_on and at == len(text) - 1 and text[at] in _UNDECIDED:
            return None
        if not _is_in_document(text, at, prefix, suffix):
            return at - len(before)
    return None


def _is_in_document(text: str, at: int, prefix: str, suffix: str) -> bool:
    character = text[at]
    if character in prefix[prefix.rfind("\n") + 1 :] or character in suffix.partition("\n")[0].rstrip("\r"):
        return True
    near = prefix[-NEAR_CHARACTERS:], suffix[:NEAR_CHARACTERS]
    if character == "\r":
        return any(re.search(r"\r(?!\n)", part) for part in near)
    return is_letter_joiner(text, at) and any(character in part for part in near)


def _is_of_emoji(text: str, at: int) -> bool:
    """True if the character joins two emoji, or says how the one before it is drawn."""
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character in _EMOJI_FORMS:
        return _is_emoji(before) or (before != "" and before in _KEYS and after == _KEYCAP)
    if character == _JOINER:
        joined = text[at - 2 : at - 1] if before == "\ufe0f" else before
        return _is_emoji(joined) and _is_emoji(after)
    return False


def _is_emoji(character: str) -> bool:
    return character in _EMOJI or (not character.isascii() and category(character) in ("So", "Sm"))
