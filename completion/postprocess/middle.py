"""The text of the middle while it is decoded: bytes of tokens go in, text right of the cursor comes out.

Behind `self.cou‸` the healed prefix is `.cou`; when the tokens spell `.counter`, ``text`` is `nter`.
"""

import codecs
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holesmith.analysis.syntax.span import Span
from holesmith.engine.request import Token


@dataclass(frozen=True, slots=True)
class Written:
    """The span of a token, in characters from the cursor, and its log-probability."""

    start: int
    stop: int
    log_probability: float

    def overlaps(self, span: Span) -> bool:
        return self.start < span.stop and span.start < self.stop


class Middle:
    """The tokens of a middle, as text. The healed prefix, which lies before the cursor, is taken off the
    text.

    Invariant: ``text`` is whole characters only; the bytes of an incomplete character wait.
    """

    def __init__(self, healed_prefix: str, token_bytes: Callable[[int], bytes]) -> None:
        self._healed_prefix = healed_prefix
        self._token_bytes = token_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._ends: list[tuple[int, float]] = []  # [length of the text after the token, its log-probability]
        self._tokens: list[Token] = []

    def rewind(self, count: int) -> None:
        """Forget all but the first ``count`` tokens."""
        tokens = self._tokens[:count]
        self._decoder.reset()
        self._text, self._ends, self._tokens = "", [], []
        for token in tokens:
            self.add(token)

    def add(self, token: Token) -> None:
        """Append the text of a token; an incomplete character at its end waits for the next token."""
        self._tokens.append(token)
        self._text += self._decoder.decode(self._token_bytes(token.id))
        self._ends.append((len(self._text), token.log_probability))

    @property
    def text(self) -> str:
        """The model's text right of the cursor so far."""
        return self._text[len(self._healed_prefix) :]

    @property
    def keeps_healed_prefix(self) -> bool:
        """False if the engine could not keep to the healed prefix; the middle must then not be shown."""
        shorter = min(len(self._text), len(self._healed_prefix))
        return self._text[:shorter] == self._healed_prefix[:shorter]

    def written(self, shown: int) -> tuple[Written, ...]:
        """Return the tokens of the first ``shown`` characters right of the cursor.

        A token that spells a part of the healed prefix and more counts as a whole.
        """
        left = len(self._healed_prefix)
        starts = [0, *(end for end, _ in self._ends)]
        return tuple(
            Written(start - left, stop - left, log_probability)
            for start, (stop, log_probability) in zip(starts, self._ends, strict=False)
            if stop > left and start < left + shown
        )

    def confidence(self, shown: int, prose: Sequence[Span] = ()) -> float:
        """Return the confidence of the first ``shown`` characters, as `confidence_of` defines it."""
        return confidence_of(self.text[:shown], self.written(shown), prose)

    def tokens_in(self, span: Span) -> int:
        """Return the number of tokens that begin in a span of ``text``."""
        return sum(span.start <= each.start < span.stop for each in self.written(span.stop))


def confidence_of(text: str, written: Sequence[Written], prose: Sequence[Span] = ()) -> float:
    """Return the probability that the model gives to the first line of ``text`` that is not blank, from 0 to
    1.

    Of the ways to sum up the tokens this one tells useful suggestions best from others, and treats those of
    several lines as fairly as those of one (benchmarks/lsp_confidence.py). ``prose``, which could be worded
    in many other right ways, counts as blank, unless there is nothing else. A token that begins before the
    cursor spells healed text, and counts only if there is no other.
    """
    code = without(text, prose)
    if code.strip():
        text, written = code, [each for each in written if not any(map(each.overlaps, prose))] or written
    line_break = text.find("\n", len(text) - len(text.lstrip()))
    line = [each for each in written if line_break < 0 or each.start < line_break]
    logs = [each.log_probability for each in line if each.start >= 0]
    return math.exp(sum(logs or [each.log_probability for each in line])) if line else 0.0


def without(text: str, prose: Sequence[Span]) -> str:
    """Return ``text`` with blanks in place of ``prose``."""
    for span in prose:
        text = text[: span.start] + " " * len(span.of(text)) + text[span.stop :]
    return text
