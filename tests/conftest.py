"""What several folders of tests share: the real model, taken from the model store and pulled there once."""

import pytest
from holesmith.engine.catalogue import default_model
from holesmith.engine.download import pull
from holesmith.engine.errors import ModelNotFoundError, WeightsError
from holesmith.engine.store import find
from holesmith.engine.weight_source import WeightSource


@pytest.fixture(scope="session")
def real_model_path() -> WeightSource:
    """The default CPU model in the user's store, pulled if need be: seconds, and half a gigabyte of disk.

    ``path`` is the GGUF file.
    """
    name = default_model("cpu")
    try:
        return find(name)
    except (ModelNotFoundError, WeightsError):
        return pull(name)
