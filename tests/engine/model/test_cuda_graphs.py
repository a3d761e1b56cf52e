"""Graphs give what ordinary passes give; where none can be captured, the reason is told and all goes on.

What needs a GPU is marked so; the CPU in float32 is what it is compared with.
"""

import json
from pathlib import Path

import pytest
import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.decoding.prefix_cache import PrefixCache
from holesmith.engine.loading.configuration import architecture_from_config
from holesmith.engine.loading.load import load_decoder
from holesmith.engine.loading.weights import SafetensorsWeights
from holesmith.engine.model import cuda_step
from holesmith.engine.model.cuda_graphs import CudaGraphs
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.request import Constraint, Request
from torch import Tensor

from tests.engine.tiny_models import FAMILIES, load_directory, make_model, save_model
from tests.fakes import byte_vocabulary

IDS = torch.randint(0, 300, (60,), generator=torch.Generator().manual_seed(3))
CUDA = torch.device("cuda")


@pytest.fixture
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return save_model(make_model(getattr(request, "param", "qwen2")), tmp_path)


@pytest.fixture(autouse=True)
def narrow_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_step, "KEYS_MIN", 16)


def on_cuda(directory: Path, dtype: torch.dtype = torch.float32) -> Decoder:
    architecture = architecture_from_config(json.loads((directory / "config.json").read_text()))
    assert architecture is not None
    return load_decoder(architecture, SafetensorsWeights(directory, architecture), CUDA, dtype)


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found.cpu() - expected.cpu()).norm() / expected.cpu().norm())


def test_a_failed_capture_is_told_once_and_the_call_still_made(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    streams: list[object] = []
    tries: list[object] = []

    def refuse(call: object, _stream: object) -> None:
        tries.append(call)
        raise RuntimeError("operation not permitted when stream is capturing\nlong explanation")

    def current_stream(_device: torch.device) -> str:
        return "before"

    monkeypatch.setattr(torch.cuda, "current_stream", current_stream)
    monkeypatch.setattr(torch.cuda, "set_stream", streams.append)
    graphs = CudaGraphs(torch.device("cpu"))
    monkeypatch.setattr(graphs, "_capture", refuse)
    for _ in range(2):
        assert graphs.capture(lambda: IDS) is None
    assert graphs.failure == "operation not permitted when stream is capturing"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert graphs.failure in caplog.text
    assert streams == ["before"]
    assert len(tries) == 1


@pytest.mark.gpu
@pytest.mark.parametrize("directory", sorted(FAMILIES), indirect=True)
def test_graphs_equal_the_cpu(directory: Path) -> None:
    """Over borders of rows and keys, with tokens taken back, in float32."""
    plain, graphed = load_directory(directory), on_cuda(directory)
    caches = plain.new_cache(), graphed.new_cache()
    at = 0
    for step, count in enumerate((12, 1, 1, 4, 3, 9, 1, 2, 1, 8, 1)):
        ids = IDS[at : at + count]
        rows = plain.forward(ids, caches[0], count), graphed.forward(ids.to(CUDA), caches[1], count)
        assert relative_error(rows[1], rows[0]) < 1e-3
        assert torch.equal(rows[1].argmax(-1).cpu(), rows[0].argmax(-1))
        taken_back = step % 3 if count > 2 else 0
        for cache in caches:
            cache.truncate(cache.length - taken_back)
        at = caches[0].length
    assert graphed.graph_failure is None


@pytest.mark.gpu
def test_graphs_equal_passes_without_them(directory: Path) -> None:
    graphed, eager = on_cuda(directory, torch.bfloat16), on_cuda(directory, torch.bfloat16)
    eager.without_graphs()
    caches = graphed.new_cache(), eager.new_cache()
    for piece in (IDS[:20], IDS[20:21], IDS[21:24], *IDS[24:44].split(1)):
        rows = [
            model.forward(piece.to(CUDA), cache, len(piece))
            for model, cache in zip((graphed, eager), caches, strict=True)
        ]
        assert relative_error(rows[0], rows[1]) < 3e-2


@pytest.mark.gpu
def test_another_cache_is_not_written_to(directory: Path) -> None:
    model = on_cuda(directory)
    first, second = model.new_cache(), model.new_cache()
    for cache in (first, second):
        model.forward(IDS[:5].to(CUDA), cache)
    kept = first.keys.clone()
    model.forward(IDS[5:6].to(CUDA), second)
    assert torch.equal(first.keys, kept)
    found = model.forward(IDS[5:6].to(CUDA), first)
    plain = load_directory(directory)
    assert relative_error(found, plain.forward(IDS[:6], plain.new_cache())) < 1e-3


@pytest.mark.gpu
def test_what_waits_for_the_device_cannot_be_captured() -> None:
    graphs = CudaGraphs(CUDA)
    values = torch.ones(3, device=CUDA)
    assert graphs.capture(lambda: values * float(values.sum())) is None
    assert graphs.failure
    assert (values + 1).tolist() == [2, 2, 2]


@pytest.fixture
def loops(directory: Path) -> tuple[DecodeLoop[KeyValueCache], DecodeLoop[KeyValueCache]]:
    """On CUDA with all that makes it fast; on the CPU, plain."""
    vocabulary = byte_vocabulary()
    fast = DecodeLoop(on_cuda(directory), vocabulary, PrefixCache(1 << 24), drafted_tokens_max=8)
    return fast, DecodeLoop(load_directory(directory), vocabulary)


REQUESTS = [
    Request(tuple(IDS[:30].tolist()), 20, frozenset()),
    Request((*IDS[:25].tolist(), 7), 12, frozenset({3}), healed_prefix=b"ab"),
    Request(tuple(IDS[:30].tolist()), 9, frozenset(), constraints=(Constraint(names=(b"abab", b"ac")),)),
    Request(tuple(IDS[:28].tolist()), 20, frozenset(), excluded_first=frozenset({5, 9})),
    Request(tuple(IDS[:30].tolist()), 20, frozenset()),
]


@pytest.mark.gpu
def test_requests_give_what_the_cpu_gives(
    loops: tuple[DecodeLoop[KeyValueCache], DecodeLoop[KeyValueCache]],
) -> None:
    for request in REQUESTS:
        found, expected = (loop.run(request, lambda _: None, lambda: False) for loop in loops)
        assert [token.id for token in found.tokens] == [token.id for token in expected.tokens]
        assert [token.log_probability for token in found.tokens] == pytest.approx(
            [token.log_probability for token in expected.tokens], abs=1e-2
        )


@pytest.mark.gpu
def test_cancelled_then_repeated_is_as_fresh(
    loops: tuple[DecodeLoop[KeyValueCache], DecodeLoop[KeyValueCache]],
) -> None:
    fast, plain = loops
    seen: list[int] = []
    fast.run(REQUESTS[0], lambda token: seen.append(token.id), lambda: len(seen) >= 5)
    again = fast.run(REQUESTS[0], lambda _: None, lambda: False)
    expected = plain.run(REQUESTS[0], lambda _: None, lambda: False)
    assert [token.id for token in again.tokens] == [token.id for token in expected.tokens]


@pytest.mark.gpu
@pytest.mark.parametrize("request_number", [0, 2])
def test_a_step_waits_for_the_device_once(
    request_number: int, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch raises where a call waits, from the first token on, but for the call that brings a token."""
    loop, request = DecodeLoop(on_cuda(directory), byte_vocabulary()), REQUESTS[request_number]
    loop.run(request, lambda _: None, lambda: False)  # captures
    brought: list[Tensor] = []
    to_list = Tensor.tolist

    def bring(values: Tensor) -> object:
        brought.append(values)
        mode = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode(0)
        found = to_list(values)
        torch.cuda.set_sync_debug_mode(mode)
        return found

    monkeypatch.setattr(Tensor, "tolist", bring)
    try:
        generation = loop.run(request, lambda _: torch.cuda.set_sync_debug_mode("error"), lambda: False)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(brought) == len(generation.tokens)
