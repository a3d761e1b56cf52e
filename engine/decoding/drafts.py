"""Guesses the next tokens from text that was seen before, so that one forward pass can verify several.

Code repeats itself: where the last tokens occurred before, in the prompt or in a recent completion, what
followed there is likely to follow again (prompt lookup decoding). A guess can only save time, never change
what is generated, since every token is still chosen from the model's own logits.
"""

from collections.abc import Iterable, Sequence

MATCH_MIN = 2
"""So many last tokens must have occurred before."""

_MATCH_MAX = 16
_OCCURRENCES_MAX = 8
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
        """What followed the longest earlier match of the last tokens, the latest of equally long ones."""
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
        """How many tokens before ``end`` and ``last`` agree."""
        size = MATCH_MIN
        while size < _MATCH_MAX and size <= end and self._tokens[end - size] == self._tokens[last - size]:
            size += 1
        return size


class DraftSwitch:
    """Turns guessing off while it does not pay: when too few guessed tokens a pass come true."""

    def __init__(self) -> None:
        self._gain = 1.0
        self._paused = 0

    def open(self) -> bool:
        """Whether to guess now. Called once a forward pass."""
        if self._paused:
            self._paused -= 1
            return False
        return True

    def note(self, accepted: int) -> None:
        """How many tokens of a guess came true."""
        self._gain += 0.2 * (accepted - self._gain)
        if self._gain < _GAIN_MIN:
            self._gain, self._paused = 2 * _GAIN_MIN, _PAUSE_TOKENS
