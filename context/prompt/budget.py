"""How a prompt's tokens are shared between snippets and the file itself, given how fast the engine reads.

Snippets are read once and then lie in the prefix cache, but the first request in a neighbourhood pays:
a slow engine gets fewer. The amounts change in steps, because another budget means another choice of snippets
and a cold cache.
"""

from dataclasses import dataclass

# What the text of the file itself always keeps: no snippet is worth as much as the lines around the hole.
SNIPPET_SHARE = 0.4
SUFFIX_SHARE = 0.25
# How long reading the snippets may take when none of them is in the cache.
READING_MS_MAX = 1_500.0
STEP_TOKENS = 64
SNIPPET_TOKENS_MIN = 2 * STEP_TOKENS
# How much of a new measurement counts.
SMOOTHING = 0.2
# Shorter readings measure the fixed costs of a request and not the engine.
MEASURED_TOKENS_MIN = 32


@dataclass(frozen=True, slots=True)
class Budget:
    """``snippet_tokens`` is for snippets, the other two for the text of the file itself around the hole."""

    snippet_tokens: int
    before_tokens: int
    after_tokens: int


@dataclass(frozen=True, slots=True)
class ReadingSpeed:
    """How fast the engine reads prompts; None before anything was measured."""

    tokens_per_ms: float | None = None

    def after(self, tokens: int, duration_ms: float) -> "ReadingSpeed":
        """With one more measurement counted in."""
        if tokens < MEASURED_TOKENS_MIN or duration_ms <= 0:
            return self
        measured = tokens / duration_ms
        if self.tokens_per_ms is None:
            return ReadingSpeed(measured)
        return ReadingSpeed((1 - SMOOTHING) * self.tokens_per_ms + SMOOTHING * measured)


def budget_of(prompt_tokens_max: int, speed: ReadingSpeed) -> Budget:
    """The whole prompt shared out. Before the first measurement the engine is taken to be fast enough."""
    snippets = int(prompt_tokens_max * SNIPPET_SHARE)
    if speed.tokens_per_ms is not None:
        readable = int(speed.tokens_per_ms * READING_MS_MAX) // STEP_TOKENS * STEP_TOKENS
        snippets = min(snippets, max(SNIPPET_TOKENS_MIN, readable))
    rest = prompt_tokens_max - snippets
    after = int(rest * SUFFIX_SHARE)
    return Budget(snippets, rest - after, after)
