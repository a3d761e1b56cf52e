"""The special tokens of a vocabulary, recognised by their marks in the model file and by their spelling.

Model files disagree: Qwen marks ``<|fim_prefix|>`` as an ordinary added token; Gemma adds HTML tags and runs
of newlines that are ordinary text. A token that could end or structure a prompt counts as special, because
the user's text must never become such a token.
"""

import re
from collections.abc import Iterable, Mapping

_MARKUP = re.compile(r"▁?<.+>|\[[A-Z_]+\]", re.DOTALL)
_HTML = re.compile(
    r"</?(?:table|caption|thead|tbody|tfoot|tr|th|td|h[1-6]|blockquote|strong|em|b|i|u|s|sub|sup|code|"
    r"a|p|br|hr|ul|ol|li|div|span|img|html|body|head|title|pre)>"
)
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")

_END_TEXTS = (
    "<|endoftext|>",
    "<|im_end|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|EOT|>",
    "<|end▁of▁sentence|>",
    "<｜end▁of▁sentence｜>",
    "<[end▁of▁sentence]>",
    "</s>",
    "<eos>",
    "▁<EOT>",
)


def is_special(text: str, *, marked: bool) -> bool:
    """True if an added token structures a prompt. ``marked``: the model file itself calls it special."""
    if _BYTE.fullmatch(text):
        return False
    return marked or (_MARKUP.fullmatch(text) is not None and _HTML.fullmatch(text) is None)


def end_ids(special: Mapping[str, int], named: Iterable[int | None]) -> frozenset[int]:
    """Return the ids that end a text: those that the model file names, and every well-known end token."""
    known = {special[text] for text in _END_TEXTS if text in special}
    return frozenset(known.union(token_id for token_id in named if token_id is not None))
