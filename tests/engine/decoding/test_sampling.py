"""Choosing: the likeliest of what is allowed, the lowest of equals, and what the model believed of it."""

import math

import pytest
import torch
from holesmith.engine.constraints.device_masks import MaskIds
from holesmith.engine.constraints.token_index import TokenSet
from holesmith.engine.constraints.token_mask import TokenMask
from holesmith.engine.decoding.sampling import Sampler, likeliest
from holesmith.engine.request import Sampling
from hypothesis import given
from hypothesis import strategies as st

LOGITS = st.lists(st.integers(-3, 3), min_size=2, max_size=12)
GREEDY = Sampler(Sampling())
CPU = torch.device("cpu")


@given(logits=LOGITS, data=st.data())
def test_of_what_is_allowed_the_likeliest_and_lowest_in_any_order(
    logits: list[int], data: st.DataObject
) -> None:
    ids = st.integers(0, len(logits) - 1)
    allowed = data.draw(st.lists(ids, min_size=1, unique=True))
    chosen = GREEDY.choose(torch.tensor(logits).float(), torch.tensor(allowed))
    best = max(logits[at] for at in allowed)
    assert chosen.id == min(at for at in allowed if logits[at] == best)
    total = math.log(sum(math.exp(value) for value in logits))
    assert chosen.log_probability == pytest.approx(best - total, abs=1e-5)


@given(rows=st.lists(st.lists(st.integers(-3, 3), min_size=5, max_size=5), min_size=1, max_size=4))
def test_all_rows_at_once_are_the_rows_one_by_one(rows: list[list[int]]) -> None:
    logits = torch.tensor(rows).float()
    assert likeliest(logits) == [GREEDY.choose(row) for row in logits]


@pytest.mark.parametrize("allowed", [None, torch.tensor([2, 0, 1])])
def test_numbers_that_are_none_are_told_and_not_fallen_over(allowed: torch.Tensor | None) -> None:
    chosen = GREEDY.choose(torch.full((3,), math.nan), allowed)
    assert chosen.id in range(3)
    assert math.isnan(chosen.log_probability)


def test_ids_of_a_mask_on_a_device() -> None:
    index = MaskIds()
    has = torch.zeros(9, dtype=torch.bool).numpy()
    shared_set = TokenSet(torch.tensor([4, 6]).numpy(), has)
    token_ids = torch.tensor([1, 2]).numpy()
    assert index.tensor(TokenMask(token_ids, None, False), [8], CPU).tolist() == [1, 2]
    assert index.tensor(TokenMask(token_ids, shared_set, False), [8], CPU).tolist() == [1, 2, 4, 6]
    assert index.tensor(TokenMask(token_ids, shared_set, True), [8], CPU).tolist() == [1, 2, 4, 6, 8]
