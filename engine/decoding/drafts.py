"""Drafts of the next tokens from earlier text, so that one forward pass can verify several.

Code repeats itself: if the last tokens occurred before, in the prompt or in a recent completion, the text
after them is likely to follow again (prompt lookup decoding). A draft can only save time, never change the
generated text, because every token is still chosen from the model's own logits.
"""

from collections.abc import Iterable, Sequence

MATCH_MIN = 2
"""The number of last tokens that must have occurred before."""

# Limits of a lookup: the length of a match, and the occurrences kept for each pair of tokens.
_MATCH_MAX = 16
_OCCURRENCES_MAX = 8
# If fewer tokens than these are accepted a pass, on average, drafts pause for so many passes.
_GAIN_MIN = 0.3
_PAUSE_TOKENS = 24


class PromptLookup:
    """The tokens of one prompt with its generation so far, and of recent completions, by pairs of tokens."""

    def __init__(self, recent: Iterable[Sequence[int]], prompt: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._ends_of: dict[tuple[int, int], list[int]] = {}
        for tokens in recent:
            self.extend(tokens)
            self._tokens.append(-1)  # no pair spans two texts
        self.extend(prompt)

    def extend(self, tokens: Iterable[int]) -> None:
        """Add tokens that follow the last ones."""
        for token in tokens:
            if self._tokens:
                ends = self._ends_of.setdefault((self._tokens[-1], token), [])
                ends.append(len(self._tokens))
                del ends[:-_OCCURRENCES_MAX]
            self._tokens.append(token)

    def guess(self, tokens_max: int) -> list[int]:
        """Return the tokens after the longest (then the latest) earlier match of the last tokens."""
        last = len(self._tokens) - 1
        pair = tuple(self._tokens[-2:])
        ends = self._ends_of.get((pair[0], pair[1]), []) if len(pair) == MATCH_MIN else []
        best = max(
            (end for end in ends if end != last), key=lambda end: (self._match(end, last), end), default=None
        )
        if best is None:
            return []
        following = self._tokens[best + 1 : best + 1 + tokens_max]
        return following[: following.index(-1)] if -1 in following else following

    def _match(self, end: int, last: int) -> int:
        """Count the tokens before ``end`` and ``last`` that agree."""
        size = MATCH_MIN
        while size < _MATCH_MAX and size <= end and self._tokens[end - size] == self._tokens[last - size]:
            size += 1
        return size


class DraftSwitch:
    """Turns drafts off for a while if too few drafted tokens a pass are accepted."""

    def __init__(self) -> None:
        self._gain = 1.0
        self._paused = 0

    def open(self) -> bool:
        """True if a draft should be made now. Called once for each forward pass."""
        if self._paused:
            self._paused -= 1
            return False
        return True

    def note(self, accepted: int) -> None:
        """Record the number of accepted tokens of a draft."""
        self._gain += 0.2 * (accepted - self._gain)
        if self._gain < _GAIN_MIN:
            self._gain, self._paused = 2 * _GAIN_MIN, _PAUSE_TOKENS
