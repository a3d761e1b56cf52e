"""The verdict of Python's own compiler on a text that is inserted into a file.

The compiler knows what no grammar tells: a clause without its statement, `from m import a.b`, ``return``
outside of a function, an argument given twice. Text is compiled and never run. A suggestion may be only a
beginning (`if x:`, `f(a,`), so the endings that a user would type are tried, too. It is blamed only if some
text without meaning compiles in its place, because then what stands around it is in order.
"""

import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, product

from holesmith.analysis.outline.python_region import (
    Region,
    column_of,
    own_statement,
    region_of,
    with_tries_closed,
)
from holesmith.analysis.outline.trial_time import for_a_while
from holesmith.analysis.syntax.brackets import closers_of
from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at

CHARACTERS_MAX = 60_000
"""Longer regions are not compiled."""
BRACKETS_MAX = 4
# Text without meaning that a user could have typed on, the likeliest first.
_FILLINGS = (
    *("", "x", "x:", " x:", "pass", " pass", ": pass", "x: pass", "x = x", "x=x", " = x", "x): pass"),
    *(" import x", "x import x", " x", " in x: pass", "x in x: pass", " x in x: pass", " as x: pass"),
    *(" in x:", "x in x:", " x in x:", " as x:", "x as x:", "():", "x():", ":", "annotations"),
    *("x(): pass", "(): pass", "x as x: pass", " else x", "x else x", "\ndef x(): pass", "\nclass x: pass"),
    *(" x = x", " x: pass", " x, ", ", x", "x, ", "case _: pass", " for x in x", "x for x in x"),
    *("(", "[", "{", "x(", "x[", " = (", " = [", " = {", "x = (", " (", " import (", ") = x("),
    *("x) = x(", "x) == [", "[x for x", "(x for x", "x for x"),
)
_QUOTES = ('"', "'", '"""', "'''")
_QUOTE = re.compile(r"""[a-zA-Z]{0,2}(\"{3}|'{3}|"|')""")
# Syntax that a Python newer than this one may have.
_NEWER = re.compile(
    r"""(?mx)  ^\s*type\s+\w  |  \b(def|class)\s+\w+\s*\[  |  \b[tT][rR]?["']  |  \b[rR][tT]["']
    |  \bexcept\b[^(:]*,  |  ^\s*lazy\s  |  [\[({]\s*\*+\w+.*\bfor\b"""
)
# Words whose rights depend on lines that a region may lack.
_FAR = re.compile(r"\b(global|nonlocal|__future__)\b")
_CLAUSE = re.compile(r"\s*(elif|else|except|finally|case)\b")
_F_STRING = re.compile(r"""\b([rR]?[fF]|[fF][rR])["']""")
_CELL_MAGIC = re.compile(r"^\s*([%!]|[\w.]+\?{1,2}\s*$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Objection:
    """The reason why a text does not compile in its place.

    A newer Python may be able to read it if there are ``codes``: the text in its place, with each of the
    endings that may follow a text that is only a beginning.
    """

    message: str
    codes: tuple[str, ...] = ()


def python_objection(
    before: str, text: str, after: str, replaced: str, *, is_cut: bool = False
) -> Objection | None:
    """Return the compiler's objection, with an empty message if it has none; None if it can't judge."""
    region = region_of(before, after)
    if len(region.before) + len(region.after) > CHARACTERS_MAX:
        return None
    if _CELL_MAGIC.search(text) or text.endswith("\\") or not _refuses(before, text, after, region):
        return Objection("")
    for part in (region, own_statement(region)):
        codes = tuple(part.around(text + ending) for ending in _endings(part, text, is_cut=is_cut))
        if any(map(_compiles, codes)):
            return Objection("")
        if _is_in_order(part, replaced):
            message = _message(part, text)
            if "outside function" in message and _CELL_MAGIC.search(before + after):
                return Objection("")
            return Objection(message, codes if _may_be_newer(part, text, message) else ())
        if _CLAUSE.match(text) or region.before[region.before.rfind("\n") + 1 :][:1].isspace():
            return None  # what stands above decides
    return None


def _refuses(before: str, text: str, after: str, region: Region) -> bool:
    """True if neither the region nor the file compiles with the text."""
    looks_far = _FAR.search(text) is not None
    if not looks_far and not error_of(region.around(text)):
        return False
    return bool(error_of(before + text + after))


def _message(region: Region, text: str) -> str:
    """Return the compiler's words; a line at the left margin above may be the end of a string."""
    own = own_statement(region)
    message = "" if own.before[:1].isspace() or _CLAUSE.match(text) else error_of(own.around(text))
    return message or error_of(region.around(text))


def _is_in_order(region: Region, replaced: str) -> bool:
    """True if some text without meaning compiles in a region; False if none is found in SECONDS_MAX."""
    fillings = for_a_while(chain((replaced,), _fillings(region)))
    return any(_compiles(region.around(filling)) for filling in fillings)


def python_beginning(before: str, text: str, after: str) -> str:
    """Return what is wrong with a text that is to be shown as a whole; "" if it compiles in its place."""
    code = region_of(before, after).around(text)
    return "" if _compiles(code) else error_of(code)


def error_of(code: str) -> str:
    """Return the compiler's words about the first error of a module's text; "" if there is none.

    Text that the compiler cannot take at all has no error.
    """
    if "\0" in code:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes give warnings, and are no errors
            compile(code, "<suggestion>", "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        return (error.msg or "invalid syntax").split("\n")[0]
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return ""
    return ""


def _compiles(code: str) -> bool:
    return not error_of(code) or ("try" in code and not error_of(with_tries_closed(code)))


def _endings(region: Region, text: str, *, is_cut: bool) -> Iterator[str]:
    """Yield what a user would type behind a text that is only a beginning.

    Brackets, headers and strings of several lines may be left open if the text was cut short, as at the end
    of a line.
    """
    yield ""
    end = text.rstrip()
    excerpt = excerpt_at("python", region.before + end, "")
    line = excerpt.line
    column = " " * column_of(line)
    closers = closers_of(excerpt.openers)
    literal = excerpt.open_literal
    if literal is not None and literal.kind != "comment":
        quote = _open_quote(excerpt)
        if is_cut and len(quote) == 3:
            yield quote + closers
        return
    if closers and is_cut:
        # On a line of their own, because the text may end in a comment.
        endings = product(("", "x"), ("", ": pass", " in x: pass"))
        yield from (f"\n{value}{closers}{rest}" for value, rest in endings)
    elif is_cut:
        yield from ("x", " x", ": pass", " in x: pass", " else x")
    if not closers and _ends_header(excerpt):
        yield f"\n{column} pass"
        yield f"\n{column} case _: pass"
    if line.lstrip().startswith("@"):
        yield f"\n{column}def x(): pass"


def _ends_header(excerpt: Excerpt) -> bool:
    significant = [token.text for token in excerpt.tokens[-4:] if token.kind not in ("comment", "newline")]
    return significant[-1:] == [":"]


def _open_quote(excerpt: Excerpt) -> str:
    """Return the quote with which the string that is open at the end began; "" if none is found."""
    strings = (each.text for each in reversed(excerpt.tokens) if each.kind == "string" and not each.is_closed)
    found = (_QUOTE.match(each) for each in strings)
    return next((each[1] for each in found if each is not None), "")


def _fillings(region: Region) -> Iterator[str]:
    """Yield fillings of the hole, with the marks that close what is open there."""
    yield from _FILLINGS[:4]
    closings = tuple(_closings(region.before))
    for begun, rest in product(
        ("x", "", "x=x", " x", " in x", "x in x"), ("", ",", ":", ": pass", " = x", " else x")
    ):
        yield from (begun + closing + rest for closing in closings)
    yield from _FILLINGS[4:]


def _closings(text: str) -> Iterator[str]:
    """Yield marks that close the string and the brackets open at the end of a text.

    The text behind the hole may close the outer brackets, so fewer of them are tried, too.
    """
    excerpt = excerpt_at("python", text, "")
    closers = closers_of(excerpt.openers)
    is_in_string = excerpt.open_literal is not None
    interpolation = closers.find("}") + 1
    for quote in _open_quotes(excerpt):
        within = quote if is_in_string else closers[:interpolation] + quote
        rest = closers if is_in_string else closers[interpolation:]
        yield from (within + rest[:count] for count in range(min(len(rest), BRACKETS_MAX) + 1))
    yield from (closers[:count] for count in range(len(closers), max(-1, len(closers) - BRACKETS_MAX), -1))


def _open_quotes(excerpt: Excerpt) -> tuple[str, ...]:
    """Return the quotes that may end the string around the end of the text; none outside of strings."""
    is_in_interpolation = "{" in excerpt.openers
    if excerpt.open_literal is None and not is_in_interpolation:
        return ()
    quote = _open_quote(excerpt)
    return (quote, *(each for each in _QUOTES if each != quote)) if quote else _QUOTES


def _may_be_newer(region: Region, text: str, message: str) -> bool:
    line = region.before.rsplit("\n", 1)[-1] + text
    is_f_string = "f-string" in message or ("unterminated" in message and _F_STRING.search(line))
    return bool(is_f_string and sys.version_info < (3, 12)) or _NEWER.search(line) is not None
