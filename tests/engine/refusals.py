"""How a model is refused: soon, with little memory, in one line."""

import time
import tracemalloc
from pathlib import Path

import pytest
import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import load_model

from tests.engine.raw_gguf import RawGGUF

SECONDS_MAX = 5.0
BYTES_MAX = 64 << 20


def check_refused(source: WeightSource, *words: str) -> None:
    """Loading ends soon, takes little memory, and says what is wrong in one line."""
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(WeightsError) as caught:
        load_model(source, torch.device("cpu"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 500
    for word in words:
        assert word in message
    assert time.monotonic() - began < SECONDS_MAX
    assert peak < BYTES_MAX


def refused_gguf(file: RawGGUF, tmp_path: Path, *words: str) -> None:
    check_refused(WeightSource("bad", file.save(tmp_path / "bad.gguf"), "gguf"), *words)
