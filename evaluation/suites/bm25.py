"""BM25 over a few thousand small texts in memory, with names split into their words.

Source: Robertson and Zaragoza 2009, with the usual k1 and b.
"""

import heapq
import math
import re
from collections import Counter
from collections.abc import Sequence

K1 = 1.5
B = 0.75

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def terms_of(text: str) -> list[str]:
    """Return the words of a text in lower case, also those inside ``camelCase`` and ``snake_case`` names."""
    return [word.lower() for word in _WORD.findall(text)]


class BM25:
    """An index of texts that finds the best ones for a query."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._postings: dict[str, list[tuple[int, int]]] = {}
        self._lengths: list[int] = []
        for place, text in enumerate(texts):
            counts = Counter(terms_of(text))
            self._lengths.append(sum(counts.values()))
            for term, count in counts.items():
                self._postings.setdefault(term, []).append((place, count))
        self._mean_length = max(1.0, sum(self._lengths) / max(1, len(self._lengths)))

    def best(self, query: str, count: int) -> list[tuple[int, float]]:
        """Return the indices of the best texts with their scores, best first; equal ones by index.

        Only texts that share a term with the query are found.
        """
        scores: dict[int, float] = {}
        for term, weight in Counter(terms_of(query)).items():
            postings = self._postings.get(term, [])
            rarity = math.log(1 + (len(self._lengths) - len(postings) + 0.5) / (len(postings) + 0.5))
            for place, frequency in postings:
                norm = K1 * (1 - B + B * self._lengths[place] / self._mean_length)
                gain = weight * rarity * frequency * (K1 + 1) / (frequency + norm)
                scores[place] = scores.get(place, 0.0) + gain
        return heapq.nsmallest(count, scores.items(), key=lambda item: (-item[1], item[0]))
