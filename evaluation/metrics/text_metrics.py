"""Metrics on two pieces of code, the answer and the truth: pure functions that return 0 to 1."""

import re
from collections.abc import Sequence

from holesmith.evaluation.metrics.keywords import KEYWORDS

_STRING = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'")
_WORD = re.compile(r"[^\W\d]\w*")


def first_line(text: str) -> str:
    """Return the first line, stripped; empty for an empty text."""
    lines = text.splitlines()
    return lines[0].strip() if lines else ""


def first_line_match(answer: str, target: str) -> bool:
    """True if the answer's first line is the target, up to white space (RepoFusion's completion success)."""
    return first_line(answer) == target.strip()


def code_lines(text: str) -> list[str]:
    """Return the stripped lines without blank ones.

    Comments stay, because a comment mark may be inside a string.
    """
    return [line.strip() for line in text.splitlines() if line.strip()]


def exact_match(answer: str, target: str) -> bool:
    return code_lines(answer) == code_lines(target)


def edit_similarity(answer: str, target: str) -> float:
    """1 - Levenshtein distance / length of the longer text, on stripped lines (RepoEval's definition)."""
    first, second = "\n".join(code_lines(answer)), "\n".join(code_lines(target))
    longest = max(len(first), len(second))
    return 1.0 - levenshtein(first, second) / longest if longest else 1.0


def levenshtein(first: str, second: str) -> int:
    """Compute the edit distance by bit-parallel dynamic programming.

    A column of the matrix is one integer. Source: Myers 1999, in the form of Hyyrö 2003.
    """
    if not first or not second:
        return max(len(first), len(second))
    places: dict[str, int] = {}
    for place, character in enumerate(first):
        places[character] = places.get(character, 0) | 1 << place
    everywhere, last = (1 << len(first)) - 1, 1 << (len(first) - 1)
    rising, falling, distance = everywhere, 0, len(first)
    for character in second:
        equal = places.get(character, 0)
        diagonal = (((equal & rising) + rising) ^ rising) | equal | falling
        up = falling | ~(diagonal | rising) & everywhere
        down = diagonal & rising
        distance += bool(up & last) - bool(down & last)
        up = (up << 1 | 1) & everywhere
        rising = (down << 1 & everywhere) | ~(diagonal | up) & everywhere
        falling = up & diagonal
    return distance


def identifiers(text: str, language: str) -> list[str]:
    """Return the words that are not keywords, outside of string literals, in order."""
    keywords = KEYWORDS.get(language, frozenset[str]())
    return [word for word in _WORD.findall(_STRING.sub('""', text)) if word not in keywords]


def next_identifier_match(answer: str, target: str, language: str) -> bool | None:
    """True if the first identifiers agree; None if the target has none."""
    wanted = identifiers(target, language)
    return identifiers(answer, language)[:1] == wanted[:1] if wanted else None


def identifier_f1(answer: str, target: str, language: str) -> float | None:
    """Return the harmonic mean of precision and recall over the sets of identifiers (CrossCodeEval).

    None if the target has none.
    """
    wanted, given = set(identifiers(target, language)), set(identifiers(answer, language))
    if not wanted:
        return None
    shared = len(wanted & given)
    return 2 * shared / (len(wanted) + len(given))


def common_prefix(first: Sequence[str], second: Sequence[str]) -> int:
    """Count the items that two sequences share from the start."""
    shortest = min(len(first), len(second))
    return next((at for at in range(shortest) if first[at] != second[at]), shortest)
