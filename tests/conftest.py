"""What several folders of tests share: the real model, taken from the model store and pulled there once."""

import os
import pwd
from collections.abc import Iterator

import pytest
from holesmith.engine.errors import ModelNotFoundError, WeightsError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.store.catalogue import default_model
from holesmith.engine.store.download import pull
from holesmith.engine.store.store import find
from holesmith.kernels.kept_code import usual_folder
from holesmith.system.private_files import CACHE_VARIABLE
from hypothesis import settings

# The same examples in every run, however busy the machine: what fails once, fails again.
# To look for new ones: scripts/test --hypothesis-profile=default.
settings.load_profile("ci")


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


@pytest.fixture(scope="session", autouse=True)
def indexes_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The indexes of the tests' workspaces stay out of the user's cache, also those that servers make.

    Compiled kernels are the user's, or each run would compile them for half a minute.
    """
    before = os.environ.get(CACHE_VARIABLE)
    cache = tmp_path_factory.mktemp("cache")
    kept = usual_folder()
    if kept is not None:
        (cache / "kernels").symlink_to(kept.parent)
    os.environ[CACHE_VARIABLE] = str(cache)
    yield
    del os.environ[CACHE_VARIABLE]
    if before is not None:
        os.environ[CACHE_VARIABLE] = before


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user that a container with an arbitrary user id has: unknown to the system, and without HOME."""

    def unknown(_: int) -> object:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", CACHE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
