"""Divide a prompt's tokens between snippets and the file itself, by the speed at which the engine reads.

Snippets are read once and then lie in the prefix cache, but the first request in a neighbourhood has to read
them: a slow engine gets fewer. The amounts change in steps, because another budget selects other snippets and
so invalidates the cache.
"""

from dataclasses import dataclass

# The rest is always for the file itself: no snippet is worth as much as the lines around the hole.
SNIPPET_SHARE = 0.4
# The share of the text of the file itself that may stand behind the cursor.
SUFFIX_SHARE = 0.25
# Milliseconds for reading the snippets if none of them is in the cache.
READING_MS_MAX = 1_500.0
# Snippets get a multiple of this, so that a small change of speed changes nothing; and at least two steps.
STEP_TOKENS = 64
SNIPPET_TOKENS_MIN = 2 * STEP_TOKENS
# The weight of a new measurement in the moving average.
SMOOTHING = 0.2
# Shorter prompts measure the fixed costs of a request and not the engine's speed.
MEASURED_TOKENS_MIN = 32


@dataclass(frozen=True, slots=True)
class Budget:
    """The tokens of one prompt.

    ``snippet_tokens`` is for snippets; the other two are for the text of the file itself before and after the
    hole.
    """

    snippet_tokens: int
    before_tokens: int
    after_tokens: int


@dataclass(frozen=True, slots=True)
class ReadingSpeed:
    """The speed at which the engine reads prompts; None before the first measurement."""

    tokens_per_ms: float | None = None

    def after(self, tokens: int, duration_ms: float) -> "ReadingSpeed":
        """Return the moving average with one more measurement; one of few tokens does not count."""
        if tokens < MEASURED_TOKENS_MIN or duration_ms <= 0:
            return self
        measured = tokens / duration_ms
        if self.tokens_per_ms is None:
            return ReadingSpeed(measured)
        return ReadingSpeed((1 - SMOOTHING) * self.tokens_per_ms + SMOOTHING * measured)


def budget_of(prompt_tokens_max: int, speed: ReadingSpeed) -> Budget:
    """Divide up the whole prompt. Before the first measurement the engine is taken to be fast enough."""
    snippets = int(prompt_tokens_max * SNIPPET_SHARE)
    if speed.tokens_per_ms is not None:
        readable = int(speed.tokens_per_ms * READING_MS_MAX) // STEP_TOKENS * STEP_TOKENS
        snippets = min(snippets, max(SNIPPET_TOKENS_MIN, readable))
    rest = prompt_tokens_max - snippets
    after = int(rest * SUFFIX_SHARE)
    return Budget(snippets, rest - after, after)
