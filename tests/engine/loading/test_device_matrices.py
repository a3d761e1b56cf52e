"""Weights in few bits on a device: what they lose, and what is said where they cannot be had."""

import json
from pathlib import Path

import pytest
import torch
from holesmith.engine.errors import EngineError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.assembly import assemble
from holesmith.engine.loading.configuration import architecture_from_config
from holesmith.engine.loading.device_matrices import WeightForm, device_matrices
from holesmith.engine.loading.load import choose_form, load_engine
from holesmith.engine.loading.weights import SafetensorsWeights
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.request import Request
from torch import Tensor

from tests.engine.tiny_models import load_directory, make_model, save_model

IDS = torch.randint(0, 300, (40,), generator=torch.Generator().manual_seed(3))
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
ERRORS: dict[WeightForm, float] = {"bf16": 0.03, "int8": 0.06, "int4": 0.5}
"""What random weights lose at most; trained ones lose less."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return save_model(make_model("qwen2"), tmp_path)


def silent(_stage: str, _share: float) -> None:
    pass


def load(directory: Path, device: torch.device, form: WeightForm) -> Decoder:
    architecture = architecture_from_config(json.loads((directory / "config.json").read_text()))
    assert architecture is not None
    weights = SafetensorsWeights(directory, architecture)
    matrices = device_matrices(weights, device, form)
    return assemble(architecture, weights, device, (torch.bfloat16, torch.bfloat16), 128, matrices, silent)


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found.cpu() - expected).norm() / expected.norm())


def check_loss(directory: Path, device: torch.device, form: WeightForm) -> None:
    """A prompt, and then tokens one by one."""
    exact, rounded = load_directory(directory), load(directory, device, form)
    caches = exact.new_cache(), rounded.new_cache()
    for piece in (IDS[:30], *IDS[30:].split(1)):
        expected = exact.forward(piece, caches[0], len(piece))
        found = rounded.forward(piece.to(device), caches[1], len(piece))
        assert relative_error(found, expected) < ERRORS[form]


@pytest.mark.parametrize("form", ["bf16", "int8"])
def test_what_a_form_loses(directory: Path, form: WeightForm) -> None:
    check_loss(directory, CPU, form)


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:TRITON_")
@pytest.mark.parametrize("form", ["bf16", "int8", "int4"])
def test_what_a_form_loses_on_cuda(directory: Path, form: WeightForm) -> None:
    check_loss(directory, CUDA, form)


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:TRITON_")
@pytest.mark.parametrize("form", ["auto", "int8", "int4"])
async def test_an_engine_in_that_form_decodes(directory: Path, form: str) -> None:
    engine = load_engine(WeightSource("tiny", directory, "huggingface"), "cuda", weights=form)
    assert engine.description.weights == ("bf16" if form == "auto" else form)
    generation = await engine.start(Request(tuple(IDS.tolist()), 8, frozenset())).result()
    await engine.close()
    assert len(generation.tokens) == 8


def test_auto_is_what_the_device_does_best() -> None:
    assert choose_form("auto", CPU) == choose_form("int8", CPU) == "int8"
    assert choose_form("auto", CUDA) == "bf16"
    assert choose_form("int4", CUDA) == "int4"


@pytest.mark.parametrize(
    ("weights", "message"),
    [("int4", "are for CUDA: on a CPU use auto"), ("bf16", "are for CUDA"), ("fp3", "use auto, bf16, int8")],
)
def test_forms_that_are_not_there(directory: Path, weights: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        load_engine(WeightSource("tiny", directory, "huggingface"), "cpu", weights=weights)
