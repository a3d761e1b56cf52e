"""Scoring many continuations in one pass: exact against one by one, for every family, in float32."""

import math
from pathlib import Path

import pytest
import torch
from holesmith.engine.decoding.choice_scoring import (
    NODES_MAX,
    score_by_tree,
    score_one_by_one,
    tree_of,
    trees_of,
)
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import load_engine
from holesmith.engine.request import Request
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.tiny_models import FAMILIES, load_directory, make_model, save_model

NAMES = (b".get", b".get_all", b".find", b".find_book", b".put", b".a", b".get")
PROMPT = tuple(b"x = self.catalogue")
BREAKING = [byte for byte in range(128) if not chr(byte).isalnum() and byte != ord("_")]

continuations = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6), min_size=1, max_size=30)


@given(continuations)
def test_a_tree_holds_each_beginning_once(choices: list[list[int]]) -> None:
    tree = tree_of(choices)
    beginnings = {tuple(choice[:stop]) for choice in choices for stop in range(1, len(choice) + 1)}
    assert len(tree.ids) == len(beginnings)
    assert all(parent < node for node, parent in enumerate(tree.parents))
    for choice, path in zip(choices, tree.paths, strict=True):
        assert [tree.ids[node] for node in path] == choice
        assert [tree.parents[node] for node in path] == [-1, *path[:-1]]


@given(continuations, st.integers(6, 20))
def test_large_sets_are_cut_into_trees_that_fit(choices: list[list[int]], nodes_max: int) -> None:
    groups = trees_of(choices, nodes_max)
    assert sorted(at for indices, _ in groups for at in indices) == list(range(len(choices)))
    assert all(len(tree.ids) <= nodes_max for _, tree in groups)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_tree_gives_what_one_by_one_gives(family: str, tmp_path: Path) -> None:
    model = load_directory(save_model(make_model(family), tmp_path))
    cache = model.new_cache()
    logits = model.forward(torch.tensor(PROMPT), cache)[0]
    ending = torch.tensor(BREAKING)
    many = [list(name) for name in (*NAMES, *(bytes([97 + n, 98, 99 - n % 3]) for n in range(24)))]
    by_tree = score_by_tree(model, cache, logits, many, ending)
    assert cache.length == len(PROMPT)
    assert by_tree == pytest.approx(score_one_by_one(model, cache, logits, many, ending), abs=1e-4)
    assert len(tree_of(many).ids) > NODES_MAX
    assert by_tree[0] == by_tree[6]


async def test_an_engine_scores_choices_and_goes_on_generating(tmp_path: Path) -> None:
    engine = load_engine(
        WeightSource("tiny", save_model(make_model("qwen2"), tmp_path), "huggingface"), "cpu"
    )
    try:
        before = await engine.start(Request(PROMPT, 8, frozenset())).result()
        request = Request(PROMPT, 1, frozenset(), choices=tuple(tuple(name) for name in NAMES))
        generation = await engine.start(request).result()
        after = await engine.start(Request(PROMPT, 8, frozenset())).result()
    finally:
        await engine.close()
    assert (generation.tokens, generation.finish) == ((), "stop")
    assert len(generation.scores) == len(NAMES)
    assert sum(math.exp(score) for score in generation.scores[:-1]) < 1
    assert [token.id for token in before.tokens] == [token.id for token in after.tokens]
