"""Nothing that makes decoding faster changes what is decoded: prefix cache, drafts, cancelled requests."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.decoding.drafts import DraftSwitch, PromptLookup
from holesmith.engine.decoding.prefix_cache import PrefixCache
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.request import Constraint, Generation, Request, Sampling
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tiny_models import load_directory, make_model, save_model
from tests.fakes import byte_vocabulary

PROMPTS = st.lists(st.integers(0, 3), min_size=1, max_size=30).map(tuple)
REQUESTS = st.builds(
    Request,
    token_ids=PROMPTS,
    tokens_max=st.integers(1, 12),
    stop_ids=st.sampled_from([frozenset[int](), frozenset({2, 7, 40})]),
    healed_prefix=st.sampled_from([b"", b"ab", b" self"]),
    sampling=st.sampled_from([Sampling(), Sampling(temperature=1.0, seed=3), Sampling(0.7, 0.8, 1)]),
    constraints=st.sampled_from([(), (Constraint(names=(b"abab", b"ac")),)]),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return load_directory(save_model(make_model("qwen2"), tmp_path_factory.mktemp("m")))


def plain(model: Decoder) -> DecodeLoop[KeyValueCache]:
    return DecodeLoop(model, byte_vocabulary())


def fast(model: Decoder, bytes_max: int = 1 << 20) -> DecodeLoop[KeyValueCache]:
    return DecodeLoop(model, byte_vocabulary(), PrefixCache(bytes_max), drafted_tokens_max=4)


def run(
    loop: DecodeLoop[KeyValueCache], request: Request, cancelled: Callable[[], bool] = lambda: False
) -> Generation:
    return loop.run(request, lambda _: None, cancelled)


def same(found: Generation, expected: Generation) -> bool:
    ids = [[token.id for token in generation.tokens] for generation in (found, expected)]
    beliefs = [[token.log_probability for token in generation.tokens] for generation in (found, expected)]
    return (
        ids[0] == ids[1]
        and found.finish == expected.finish
        and found.constraints_dropped == expected.constraints_dropped
        and beliefs[0] == pytest.approx(beliefs[1], abs=1e-3)
    )


def countdown(steps: int) -> Callable[[], bool]:
    """Says yes from the call after so many on."""
    left: Iterator[bool] = iter([False] * steps)
    return lambda: next(left, True)


@settings(max_examples=30, deadline=None)
@given(requests=st.lists(REQUESTS, min_size=1, max_size=4))
def test_cache_and_drafts_change_nothing(model: Decoder, requests: list[Request]) -> None:
    kept = fast(model, bytes_max=40_000)
    for request in requests:
        assert same(run(kept, request), run(plain(model), request))


@settings(max_examples=30, deadline=None)
@given(first=REQUESTS, second=REQUESTS, steps=st.integers(0, 8))
def test_cancelled_then_repeated_is_as_fresh(
    model: Decoder, first: Request, second: Request, steps: int
) -> None:
    kept = fast(model)
    stopped = run(kept, first, countdown(steps))
    fresh = run(plain(model), first)
    ids = [[token.id for token in generation.tokens] for generation in (stopped, fresh)]
    assert ids[0] == ids[1][: len(ids[0])]
    for request in (second, first):
        assert same(run(kept, request), run(plain(model), request))


def test_an_error_half_way_leaves_the_cache_right(model: Decoder) -> None:
    kept = fast(model)
    request = Request((1, 2, 3, 1, 2, 3), 8, frozenset())

    def fail() -> bool:
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        run(kept, request, fail)
    assert same(run(kept, request), run(plain(model), request))


def test_switching_between_two_documents_prefills_little(model: Decoder) -> None:
    kept = fast(model)
    documents = [tuple(range(10, 50)), tuple(range(90, 120))]
    for document in documents:
        run(kept, Request(document, 4, frozenset()))
    for document in documents:
        assert run(kept, Request((*document, 5), 4, frozenset())).tokens_prefilled == 1


def test_repetition_is_drafted(model: Decoder) -> None:
    """A generation is repeated from memory in fewer passes."""
    passes = 0
    loop = fast(model)
    forward = model.forward

    def counted(*arguments: object) -> object:
        nonlocal passes
        passes += 1
        return forward(*arguments)  # pyright: ignore[reportArgumentType]  # passed on as they come

    request = Request(tuple(range(10, 40)), 12, frozenset())
    run(loop, request)
    model.forward = counted  # pyright: ignore[reportAttributeAccessIssue]  # counts the passes
    try:
        assert len(run(loop, request).tokens) == 12
    finally:
        del model.forward
    assert passes <= 7


def test_lookup_takes_the_longest_match() -> None:
    lookup = PromptLookup([], [1, 2, 3, 9, 2, 3, 8, 1, 2, 3])
    assert lookup.guess(4) == [9, 2, 3, 8]
    assert PromptLookup([[5, 6, 7]], [5, 6]).guess(4) == [7]
    assert PromptLookup([[5, 6]], [7, 5, 6]).guess(4) == []
    assert PromptLookup([], [4]).guess(4) == []


@settings(deadline=None)
@given(prompt=st.lists(st.integers(0, 2), max_size=40), count=st.integers(1, 5))
def test_lookup_repeats_what_was_there(prompt: list[int], count: int) -> None:
    guess = PromptLookup([], prompt).guess(count)
    assert len(guess) <= count
    text = ",".join(map(str, prompt))
    assert ",".join(map(str, [*prompt[-2:], *guess])) in text


def test_switch_pauses_what_does_not_pay_and_tries_again() -> None:
    switch = DraftSwitch()
    for _ in range(10):
        if switch.open():
            switch.note(0)
    assert not switch.open()
    assert any(switch.open() for _ in range(40))
    steady = DraftSwitch()
    for _ in range(50):
        assert steady.open()
        steady.note(1)


def test_excluded_first_tokens_give_the_next_likeliest(model: Decoder) -> None:
    request = Request((1, 2, 3), 4, frozenset())
    firsts: list[int] = []
    for _ in range(4):
        excluding = replace(request, excluded_first=frozenset(firsts))
        firsts.append(run(fast(model), excluding).tokens[0].id)
    assert len(set(firsts)) == 4
    free = run(plain(model), request).tokens[0]
    assert free.id == firsts[0]
    # What follows is what would follow such a beginning.
    second = run(plain(model), replace(request, excluded_first=frozenset(firsts[:1])))
    begun = replace(request, token_ids=(1, 2, 3, firsts[1]), tokens_max=3)
    assert [token.id for token in second.tokens[1:]] == [
        token.id for token in run(plain(model), begun).tokens
    ]


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=1.0, seed=1)])
def test_what_is_excluded_is_taken_where_nothing_else_is_allowed(model: Decoder, sampling: Sampling) -> None:
    excluded = frozenset(range(300))
    request = Request((1, 2, 3), 2, frozenset(), healed_prefix=b"a", sampling=sampling)
    found = run(plain(model), replace(request, excluded_first=excluded))
    assert found.tokens[0].id == ord("a")
