"""Make foreign text, such as names of files and models, safe to show: nothing hidden, no commands in it."""

import re

from holesmith.completion.postprocess.hidden_characters import hidden_offsets, is_letter_joiner

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#!|~&])")
_BACKTICKS = re.compile("`+")


def visible(text: str) -> str:
    """Return ``text`` with every hidden character written as an escape, so that a terminal obeys none.

    The escapes are those of JSON, except for controls below the space, which JSON never contains unescaped.
    So JSON stays JSON, with the same meaning.
    """
    pieces: list[str] = []
    done = 0
    for at in hidden_offsets(text):
        if not is_letter_joiner(text, at):
            pieces += [text[done:at], _escape(text[at])]
            done = at + 1
    return "".join([*pieces, text[done:]]) if pieces else text


def one_line(text: str) -> str:
    """Return the text visible and without line breaks."""
    return visible(" ".join(text.split()))


def plain_message(text: str) -> str:
    """Return text for ``window/showMessage``.

    Some clients turn ``[text](target)`` in such a message into a link or a command; here it stays text.
    """
    return visible(text).replace("](", "] (")


def plain_markdown(text: str) -> str:
    """Return Markdown that shows just this text, on one line."""
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def code_span(text: str) -> str:
    """Return Markdown that shows this text as code, on one line."""
    shown = one_line(text)
    marks = _longer_than_any_in(shown)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{marks}{space}{shown}{space}{marks}"


def code_block(text: str, language: str) -> str:
    """Return Markdown that shows this text as lines of code."""
    shown = visible(text)
    fence = _longer_than_any_in(shown).rjust(3, "`")
    return f"{fence}{language}\n{shown}\n{fence}"


def _longer_than_any_in(text: str) -> str:
    return "`" * (1 + max((len(found) for found in _BACKTICKS.findall(text)), default=0))


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return f"\\x{code:02x}"
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
