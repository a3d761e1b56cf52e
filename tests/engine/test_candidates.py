"""Candidates decoded in one batch are what each of them alone would be."""

from pathlib import Path

import pytest
import torch
from holesmith.engine.branched_cache import branch
from holesmith.engine.candidates import Candidate, CandidateLoop
from holesmith.engine.decoding import DecodeLoop
from holesmith.engine.request import Request, Sampling

from tests.engine.tiny_models import load_directory, make_model, save_model
from tests.fakes import byte_vocabulary

PROMPT = tuple(b"def f(x):\n    return")


def candidates_of(directory: Path, request: Request, count: int) -> list[Candidate]:
    model = load_directory(directory)
    cache = model.new_cache()
    logits = model.forward(torch.tensor(request.token_ids), cache)[0]
    found = CandidateLoop(model, byte_vocabulary()).run(request, cache, logits, count, lambda: False)
    assert cache.length == len(request.token_ids)
    return found


def alone(directory: Path, request: Request) -> list[int]:
    loop = DecodeLoop(load_directory(directory), byte_vocabulary())
    return [token.id for token in loop.run(request, lambda _: None, lambda: False).tokens]


@pytest.mark.parametrize("family", ["qwen2", "gemma2", "mistral"])
def test_branches_compute_what_plain_passes_do(family: str, tmp_path: Path) -> None:
    model = load_directory(save_model(make_model(family), tmp_path))
    shared = model.new_cache()
    model.forward(torch.arange(20), shared)
    branches = branch(shared, 3, 4)
    steps = torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    rows = [model.forward_branches(step, branches) for step in steps]
    for at in range(3):
        cache = model.new_cache()
        model.forward(torch.arange(20), cache)
        expected = model.forward(steps[:, at], cache, 3)
        found = torch.stack([row[at] for row in rows])
        assert float((found - expected).norm() / expected.norm()) < 1e-4


@pytest.mark.parametrize("stop", [frozenset[int](), frozenset(range(0, 256, 5))])
def test_greedy_candidates_differ_in_the_first_token_only_by_choice(
    tmp_path: Path, stop: frozenset[int]
) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    request = Request(PROMPT, 8, stop)
    found = candidates_of(directory, request, 4)
    assert [token.id for token in found[0].tokens] == alone(directory, request)
    firsts = [candidate.tokens[0] for candidate in found if candidate.tokens]
    assert len({token.id for token in firsts}) == len(firsts)
    assert sorted(firsts, key=lambda token: -token.log_probability) == firsts
    for candidate in found[1:]:
        if candidate.tokens:
            begun = Request((*PROMPT, candidate.tokens[0].id), 7, stop)
            assert [token.id for token in candidate.tokens[1:]] == alone(directory, begun)


def test_sampled_candidates_are_those_of_the_next_seeds(tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    found = candidates_of(directory, Request(PROMPT, 8, frozenset(), sampling=Sampling(1.0, seed=5)), 3)
    for order, candidate in enumerate(found):
        request = Request(PROMPT, 8, frozenset(), sampling=Sampling(1.0, seed=5 + order))
        assert [token.id for token in candidate.tokens] == alone(directory, request)


def test_required_bytes_and_cancellation(tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    found = candidates_of(directory, Request(PROMPT, 3, frozenset(), required_prefix=b" s"), 3)
    assert [bytes(token.id for token in candidate.tokens[:2]) for candidate in found] == [b" s"]
    assert [len(candidate.tokens) for candidate in found] == [5]
    model = load_directory(directory)
    cache = model.new_cache()
    logits = model.forward(torch.tensor(PROMPT), cache)[0]
    loop = CandidateLoop(model, byte_vocabulary())
    stopped = loop.run(Request(PROMPT, 9, frozenset()), cache, logits, 2, lambda: True)
    assert [(candidate.finish, len(candidate.tokens)) for candidate in stopped] == [("cancelled", 1)] * 2
