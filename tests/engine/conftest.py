"""What tests of the engine need: a cache directory of their own, and a GPU where they say so.

Packed weights of tiny models must not push real ones out of the user's cache directory.
"""

from pathlib import Path

import pytest
import torch
from holesmith.system.private_files import CACHE_VARIABLE


@pytest.fixture(autouse=True)
def cache_directory(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of the test's own, unless it works with the real model."""
    cache = tmp_path / "cache"
    if "real_model_path" in request.fixturenames:
        monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(CACHE_VARIABLE, str(cache))
    return cache


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is not None and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
