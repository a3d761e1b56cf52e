"""How many tokens snippets get: less on a slow engine, never most of the prompt, and in steady steps."""

from holesmith.context.prompt.budget import SNIPPET_TOKENS_MIN, ReadingSpeed, budget_of
from hypothesis import given, settings
from hypothesis import strategies as st


def test_a_fast_engine_reads_more_snippets_than_a_slow_one() -> None:
    slow = budget_of(1024, ReadingSpeed().after(500, 5_000))
    fast = budget_of(1024, ReadingSpeed().after(500, 50))
    assert slow.snippet_tokens < fast.snippet_tokens < 512
    assert budget_of(1024, ReadingSpeed()) == fast


def test_small_measurements_and_small_changes_do_not_move_the_budget() -> None:
    speed = ReadingSpeed().after(500, 2_500)
    assert speed.after(3, 1_000) == speed
    assert speed.after(500, 0) == speed
    assert budget_of(1024, speed.after(500, 2_550)) == budget_of(1024, speed)


@settings(deadline=None)
@given(st.integers(320, 32_768), st.none() | st.floats(1e-6, 1e6))
def test_the_budget_is_shared_out_whole(tokens_max: int, tokens_per_ms: float | None) -> None:
    budget = budget_of(tokens_max, ReadingSpeed(tokens_per_ms))
    assert budget.snippet_tokens + budget.before_tokens + budget.after_tokens == tokens_max
    assert SNIPPET_TOKENS_MIN <= budget.snippet_tokens <= tokens_max / 2
