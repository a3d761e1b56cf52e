"""The answer to the question whether a document still parses with a suggestion in it.

In `x = f"{a‸`, the suggestion `}` leaves a quote open: nothing of it may be shown. Of `x = 1` with a second
line `except E:` and no ``try`` above, the first line may.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from holesmith.analysis.outline.python_statement import python_beginning, python_objection
from holesmith.analysis.outline.syntax_tree import SyntaxTree, parse
from holesmith.analysis.outline.trial_time import for_a_while
from holesmith.analysis.syntax.brackets import closers_of
from holesmith.analysis.syntax.excerpt import excerpt_at

NODES_MAX = 100_000
CUTS_MAX = 24
"""Line ends at which a suggestion of many lines is tried to be cut."""
_BEGINNING = re.compile(r"[\[({,:=+\-*/%&|?<.\\@]$")
# Marks that end what a neutral expression has begun, in languages with braces.
_ENDS = ("", ";", " {}", " x;", " x() {}", ": x", ",")
_SHORT_QUOTE = re.compile(r"[a-zA-Z@$]{0,2}[\"'](?!\"\")")
_MACRO = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")
"""A macro may stand for any text, so the grammar can't tell whether its use parses."""
_WITH_MACROS = frozenset(("c", "cpp"))


@dataclass(frozen=True, slots=True)
class Insertion:
    """A document ``before + replaced + after`` in which ``text`` takes the place of ``replaced``."""

    before: str
    text: str
    after: str
    replaced: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Soundness:
    """The longest beginning of the inserted text with which the document parses.

    ``length`` counts its characters: all of them if nothing is wrong, 0 if no whole line may stay.
    ``objection`` says what is wrong with all of the text; "" if nothing is, or if nobody can tell.
    """

    length: int
    objection: str


def soundness_of(
    language: str, before: str, text: str, after: str, replaced: str = "", finish: str = ""
) -> Soundness:
    """Judge an insertion. What the user has half typed around it does not count against it.

    If ``finish`` is "length", the text was cut short, and may leave brackets open.
    """
    insertion = Insertion(before, text, after, replaced, finish == "length")
    objection = objection_to(language, insertion)
    if not objection:
        return Soundness(len(text), "")
    for stop in for_a_while(_line_ends(text)):
        if _is_sound_alone(language, Insertion(before, text[:stop], after, replaced)):
            return Soundness(stop, objection)
    return Soundness(0, objection)


def _is_sound_alone(language: str, insertion: Insertion) -> bool:
    """True if a text that is to be shown as a whole parses in its place."""
    if _BEGINNING.search(insertion.text):
        return False
    if language == "python":
        return not python_beginning(insertion.before, insertion.text, insertion.after)
    return not objection_to(language, insertion)


def objection_to(language: str, insertion: Insertion) -> str:
    """Say why the document does not parse with the text, although it would with another; "" if it does."""
    if language == "python":
        before, text, after, replaced = insertion.before, insertion.text, insertion.after, insertion.replaced
        objection = python_objection(before, text, after, replaced, is_cut=insertion.is_cut)
        if objection is not None:
            return "" if _parses(language, objection.codes, "", 0) else objection.message
    return by_grammar(language, insertion)


def by_grammar(language: str, insertion: Insertion) -> str:
    """Do the same as `objection_to`, by the tree-sitter grammar; "" for a language without one."""
    before, text, after = insertion.before, insertion.text, insertion.after
    start = before.rfind("\n") + 1
    if language in _WITH_MACROS and _MACRO.search(before[start:] + text):
        return ""
    row = _error_row(language, before + text + after, start)
    if row is None or _BEGINNING.search(text.rstrip()):
        return ""
    if _is_in_long_literal(language, before) or _parses(
        language, _finished(language, insertion), after, start
    ):
        return ""
    fillings = (before + filling for filling in _neutral(language, insertion))
    if not _parses(language, for_a_while(fillings), after, start):
        return ""
    return f"syntax error in line {max(row, before.count(chr(10))) + 1}"


def _is_in_long_literal(language: str, before: str) -> bool:
    """True in a comment, and in a string that may go on in the next line."""
    literal = excerpt_at(language, before, "").open_literal
    return literal is not None and _SHORT_QUOTE.match(literal.text) is None


def _parses(language: str, beginnings: Iterable[str], after: str, start: int) -> bool:
    return any(_error_row(language, beginning + after, start) is None for beginning in beginnings)


def _error_row(language: str, text: str, start: int) -> int | None:
    """Return the row of the first error that ends behind ``start``; None if there is none, or no grammar."""
    parsed = parse(language, text)
    return None if parsed is None or not parsed.has_errors() else _first_error(parsed, start)


def _first_error(parsed: SyntaxTree, start: int) -> int | None:
    first = len(parsed.text[:start].encode("utf-8", "surrogatepass"))
    left, seen = [parsed.tree.root_node], 0
    while left and seen < NODES_MAX:
        node = left.pop()
        seen += 1
        if (node.is_error or node.is_missing) and node.end_byte >= first:
            return node.start_point[0]
        left += [each for each in reversed(node.children) if each.has_error and each.end_byte >= first]
    return None


def _finished(language: str, insertion: Insertion) -> Iterator[str]:
    """Yield the text up to the end of the insertion with the brackets closed that the insertion left open."""
    written = insertion.before + insertion.text
    opened = excerpt_at(language, written, "").openers
    own = closers_of(opened[len(excerpt_at(language, insertion.before, "").openers) :])
    for end in ("", ";"):
        yield written + own + end
        yield written + end + own


def _neutral(language: str, insertion: Insertion) -> Iterator[str]:
    """Yield fillings of the hole that have no meaning."""
    yield insertion.replaced
    excerpt = excerpt_at(language, insertion.before, "")
    line = insertion.before.rfind("\n") + 1
    openers = [excerpt.tokens[index] for index in excerpt.open_tokens]
    closers = closers_of([each.text for each in openers if each.start >= line])
    quotes = ("",) if excerpt.open_literal is None else (excerpt.open_literal.text[:1],)
    for quote in quotes:
        for word in ("", "x"):
            yield from (word + quote + closers + end for end in _ENDS)


def _line_ends(text: str) -> Iterator[int]:
    """Yield the ends of lines before the last one, from the end, without white space."""
    stop = text.rfind("\n")
    for _ in range(CUTS_MAX):
        if stop < 0:
            return
        length = len(text[:stop].rstrip())
        if length:
            yield length
        stop = text.rfind("\n", 0, length)
