"""Compiled code is kept between runs, and only files that no other user may write to are read for it."""

import hashlib
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numba
import pytest

MODULE = """
from holesmith.kernels.compiler import compiled

@compiled
def double(x):
    return x + x
"""
PROGRAM = """
import os, sys
os.umask(int(sys.argv[2]))
sys.path.insert(0, sys.argv[1])
import doubling
assert doubling.double(2) == 4
print(sum(doubling.double.stats.cache_hits.values()))
"""
STRANGER = 12345


class RunsCode:
    """A pickle that makes a folder when it is read."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._mark),)


class Place:
    """A module with a compiled function, beside a folder to start it in and a folder for caches."""

    def __init__(self, folder: Path) -> None:
        self.module, self.cache, self.workspace = folder / "package", folder / "cache", folder / "workspace"
        for each in (self.module, self.cache, self.workspace):
            each.mkdir()
        (self.module / "doubling.py").write_text(MODULE)
        self.beside = self.module / "__pycache__"
        self.mark = folder / "code-ran"

    def was_kept(self, variables: Mapping[str, str] | None = None, umask: int = 0o022) -> bool:
        """Whether the code was there from an earlier run."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        done = subprocess.run(
            [sys.executable, "-P", "-c", PROGRAM, str(self.module), str(umask)],
            cwd=self.workspace,
            env={
                **environment,
                "HOLESMITH_CACHE": str(self.cache),
                "HOME": str(self.cache),
                **(variables or {}),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout == "1\n"

    def poison(self, index: Path) -> None:
        index.write_bytes(pickle.dumps(numba.__version__) + pickle.dumps(RunsCode(self.mark)))

    def index(self) -> Path:
        (found,) = self.module.parent.rglob("doubling.double*.nbi")
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("compiled"))
    assert not place.was_kept(umask=0)
    return place


@pytest.fixture
def compiled_place(place: Place, compiled_once: Place) -> Place:
    """One whose function was compiled before: what is kept does not depend on where the module lies."""
    shutil.copytree(compiled_once.beside, place.beside)
    return place


def test_code_is_kept_beside_the_module_for_its_user_alone_whatever_the_umask(compiled_place: Place) -> None:
    place = compiled_place
    assert place.index().parent == place.beside
    assert {file.stat().st_mode & 0o777 for file in place.beside.glob("*.nb?")} == {0o600}
    assert place.beside.stat().st_mode & 0o022 == 0
    assert place.was_kept()


def test_code_is_kept_in_a_private_folder_of_the_cache_where_none_can_be_beside_the_module(
    place: Place,
) -> None:
    place.beside.write_text("a file in the way")
    assert not place.was_kept(umask=0)
    kernels = place.cache / "kernels"
    assert place.index().parent.parent == kernels
    assert kernels.stat().st_mode & 0o077 == 0
    assert place.was_kept()


@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "NUMBA_CACHE_DIR"])
def test_a_relative_folder_for_caches_costs_no_compilation_and_is_not_used(
    compiled_place: Place, name: str
) -> None:
    assert compiled_place.was_kept({"HOLESMITH_CACHE": "", name: "relative"})
    assert not list(compiled_place.workspace.iterdir())


def test_places_that_variables_of_the_compiler_name_are_not_read(compiled_place: Place) -> None:
    place = compiled_place
    index = place.index()
    kept = place.workspace / "kept" / f"package_{hashlib.sha1(os.fsencode(place.module)).hexdigest()}"
    kept.mkdir(parents=True)
    place.poison(kept / index.name)
    variables = {"NUMBA_CACHE_DIR": str(kept.parent)}
    assert place.was_kept(variables)
    assert place.was_kept({**variables, "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator"})
    assert not place.mark.exists()
    assert [file.name for file in kept.iterdir()] == [index.name]


def test_a_cache_in_the_current_folder_is_not_used_for_code(place: Place) -> None:
    place.beside.write_text("a file in the way")
    cache = place.workspace / "cache"
    cache.mkdir()
    assert not place.was_kept({"HOLESMITH_CACHE": str(cache)})
    assert not list(cache.iterdir())


def open_folder(index: Path) -> None:
    index.parent.chmod(0o777)


def open_file(index: Path) -> None:
    index.chmod(0o666)


def link(index: Path) -> None:
    index.rename(index.with_suffix(".moved"))
    index.symlink_to(index.with_suffix(".moved"))


def give_folder_away(index: Path) -> None:
    os.chown(index.parent, STRANGER, STRANGER)


def give_file_away(index: Path) -> None:
    os.chown(index, STRANGER, STRANGER)


@pytest.mark.parametrize("spoil", [open_folder, open_file, link, give_folder_away, give_file_away])
def test_code_that_another_user_may_have_written_is_compiled_anew(
    compiled_place: Place, spoil: Callable[[Path], None]
) -> None:
    if spoil in (give_folder_away, give_file_away) and os.geteuid() != 0:
        pytest.skip("only root can give files away")
    place, index = compiled_place, compiled_place.index()
    place.poison(index)
    spoil(index)
    assert not place.was_kept()
    assert not place.mark.exists()


@pytest.mark.parametrize("suffix", [".nbi", ".1.nbc"])
def test_damaged_code_is_compiled_anew(compiled_place: Place, suffix: str) -> None:
    place = compiled_place
    damaged = place.index().with_name(place.index().stem + suffix)
    damaged.write_bytes(damaged.read_bytes()[:40])
    assert not place.was_kept()
    assert place.was_kept()
