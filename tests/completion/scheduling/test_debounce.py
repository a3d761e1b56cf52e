"""The wait before a request follows the typist's rhythm and the engine's speed."""

from holesmith.completion.scheduling.debounce import GAP_SECONDS_USUAL, WAIT_SECONDS_MAX, Debounce


def debounce_of(gap_seconds: float, cost_seconds: float, requests: int = 10) -> Debounce:
    debounce = Debounce()
    for request in range(requests):
        debounce.observe_request(request * gap_seconds)
        debounce.observe_cost(cost_seconds)
    return debounce


def test_before_anything_is_known_the_gap_of_an_ordinary_typist_is_waited_out() -> None:
    debounce = Debounce()
    first = debounce.wait_seconds()
    assert GAP_SECONDS_USUAL < first <= WAIT_SECONDS_MAX
    debounce.observe_request(0.0)
    assert debounce.wait_seconds() == first


def test_the_rhythm_counts_before_the_engine_has_answered_once() -> None:
    debounce = Debounce()
    for request in range(5):
        debounce.observe_request(request * 0.06)
    assert 0.06 < debounce.wait_seconds() < 0.1


def test_a_quick_engine_is_asked_at_once() -> None:
    assert debounce_of(gap_seconds=0.2, cost_seconds=0.05).wait_seconds() == 0


def test_a_slow_engine_waits_out_the_gap_between_keys() -> None:
    wait = debounce_of(gap_seconds=0.12, cost_seconds=0.6).wait_seconds()
    assert 0.12 < wait <= WAIT_SECONDS_MAX
    assert wait > debounce_of(gap_seconds=0.08, cost_seconds=0.6).wait_seconds()


def test_pauses_do_not_count_as_rhythm() -> None:
    assert debounce_of(gap_seconds=5, cost_seconds=0.6).wait_seconds() == Debounce().wait_seconds()
    assert debounce_of(gap_seconds=5, cost_seconds=0.02).wait_seconds() == 0


def test_ghost_text_and_menu_asked_for_at_one_key_are_one_key() -> None:
    debounce = Debounce()
    for request in range(10):
        debounce.observe_request(request * 0.12)
        debounce.observe_request(request * 0.12 + 0.001)
    assert debounce.wait_seconds() > 0.12


def test_accepting_shortens_and_ignoring_lengthens_within_bounds() -> None:
    debounce = debounce_of(gap_seconds=0.1, cost_seconds=0.6)
    neutral = debounce.wait_seconds()
    debounce.observe_outcome(accepted=True)
    assert debounce.wait_seconds() < neutral
    for _ in range(100):
        debounce.observe_outcome(accepted=False)
    assert neutral < debounce.wait_seconds() <= WAIT_SECONDS_MAX
    for _ in range(100):
        debounce.observe_outcome(accepted=True)
    assert debounce.wait_seconds() > 0
