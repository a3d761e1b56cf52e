"""Tokens that a constraint demands are verified several in a pass, and nothing else changes."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from holesmith.engine.constraints.guide import Guide, MaskCache
from holesmith.engine.constraints.token_index import TokenIndex
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.request import Constraint, Generation, Request, Sampling
from holesmith.kernels.workers import no_op
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.engine.tiny_models import load_directory, make_model, save_model
from tests.fakes import byte_vocabulary

VOCABULARY = byte_vocabulary(("ab", "aba", "find", "_vol", "find_", "volume", "().", "= ", "e("))
WORDS = st.sampled_from((b"abab", b"find_volume", b"find_volumes", b"ab", b"total", b"volume"))
CONSTRAINTS = st.builds(
    Constraint,
    names=st.lists(WORDS, max_size=3).map(tuple),
    texts=st.lists(st.sampled_from((b"'read'", b"size=", b")", b"abba")), max_size=2).map(tuple),
    lead=st.sampled_from((b"", b".", b"self.")),
    is_exclusive=st.booleans(),
    penalty=st.sampled_from((None, None, 2.0)),
).filter(lambda each: bool(each.names or each.texts))
REQUESTS = st.builds(
    Request,
    token_ids=st.lists(st.integers(0, 255), min_size=1, max_size=6).map(tuple),
    tokens_max=st.integers(1, 14),
    stop_ids=st.sampled_from((frozenset[int](), frozenset({2, 40}))),
    healed_prefix=st.sampled_from((b"", b"self.find")),
    sampling=st.sampled_from((Sampling(), Sampling(), Sampling(1.0, seed=3))),
    constraints=st.lists(CONSTRAINTS, min_size=1, max_size=2).map(tuple),
)


class CountingModel:
    """Counts the passes over a model."""

    def __init__(self, model: Decoder) -> None:
        self._model = model
        self.passes = 0
        self.device = model.device
        self.context_tokens_max = model.context_tokens_max

    def new_cache(self) -> KeyValueCache:
        return self._model.new_cache()

    def forward(
        self,
        token_ids: Tensor,
        cache: KeyValueCache,
        logits_count: int = 1,
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor:
        self.passes += 1
        return self._model.forward(token_ids, cache, logits_count, on_launched)

    def abandon(self) -> None: ...


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return load_directory(save_model(make_model("qwen2"), tmp_path_factory.mktemp("m")))


def run(model: Decoder, request: Request, *, one_by_one: bool = False) -> tuple[Generation, int]:
    counting = CountingModel(model)
    loop = DecodeLoop(counting, VOCABULARY)
    if one_by_one:
        with patch.object(Guide, "forced", return_value=[]):
            return loop.run(request, lambda _: None, lambda: False), counting.passes
    return loop.run(request, lambda _: None, lambda: False), counting.passes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=REQUESTS)
def test_what_is_generated_is_that_of_one_pass_a_token(model: Decoder, request: Request) -> None:
    found, passes = run(model, request)
    expected, passes_one_by_one = run(model, request, one_by_one=True)
    assert [token.id for token in found.tokens] == [token.id for token in expected.tokens]
    assert [token.log_probability for token in found.tokens] == pytest.approx(
        [token.log_probability for token in expected.tokens], abs=1e-3
    )
    assert (found.finish, found.constraints_dropped) == (expected.finish, expected.constraints_dropped)
    assert passes <= passes_one_by_one


def test_only_one_token_is_allowed_in_each_place_of_a_word_of_bytes(model: Decoder) -> None:
    request = Request((120,), 12, frozenset(), constraints=(Constraint(texts=(b"qqqqqqqqqq",)),))
    generation, passes = run(model, request)
    assert VOCABULARY.decode(token.id for token in generation.tokens).startswith("qqqqqqqqqq")
    assert passes <= 5  # the prompt, eight of the rest of the word, its end, and what is free


def forced(constraint: Constraint, seen: bytes = b"", tokens_max: int = 8) -> str:
    cache = MaskCache(TokenIndex(VOCABULARY.bytes_by_id))
    guide = Guide(Request((1,), 1, frozenset(), constraints=(constraint,)), cache)
    guide.advance(seen)
    return VOCABULARY.decode(guide.forced(VOCABULARY, tokens_max))


@pytest.mark.parametrize(
    ("constraint", "seen", "expected"),
    [
        (Constraint((b"find_volume", b"find_volumes"), lead=b"."), b".", "find_volum"),
        (Constraint((b"find_volume", b"put")), b"", ""),
        (Constraint((b"find_volume", b"put")), b"f", "ind_volum"),
        (Constraint((b"find_volume",)), b"find_volume", ""),
        (Constraint(texts=(b"xyz",)), b"x", "yz"),
        (Constraint(texts=(b"xyz",)), b"xyz", ""),
        (Constraint((b"put",), is_exclusive=False), b"", ""),
        (Constraint((b"put",), penalty=1.0), b"", ""),
    ],
)
def test_what_must_come_is_spelt_but_for_its_last_token(
    constraint: Constraint, seen: bytes, expected: str
) -> None:
    assert forced(constraint, seen) == expected
    assert len(forced(constraint, seen, tokens_max=1)) <= len(expected)
