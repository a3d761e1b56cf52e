"""Compiled code is kept between runs, and only files that no other user may write to are read for it."""

import hashlib
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numba
import pytest
from holesmith.kernels.kept_code import FOLDERS_MAX, UNUSED_DAYS_MAX, remove_old_code

MODULE = """
from holesmith.kernels.kept_code import compiled

@compiled
def double(x):
    return x + x
"""
PROGRAM = """
import os, sys
os.umask(int(sys.argv[2]))
sys.path[:0] = sys.argv[1], sys.argv[3]
import doubling
assert doubling.double(2) == 4
print(sum(doubling.double.stats.cache_hits.values()))
"""
STRANGER = 12345
ROOT = Path(__file__).parents[2]


class RunsCode:
    """A pickle that makes a folder when it is read."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._mark),)


class Place:
    """A module with a compiled function, a copy of Holesmith, a folder to start in, and one for caches."""

    def __init__(self, folder: Path) -> None:
        self.module, self.cache, self.workspace = folder / "package", folder / "cache", folder / "workspace"
        for each in (self.module, self.cache, self.workspace):
            each.mkdir()
        (self.module / "doubling.py").write_text(MODULE)
        self.sources = folder / "holesmith" / "kernels" / "machine_code"
        self.copy_holesmith()
        self.mark = folder / "code-ran"

    def copy_holesmith(self) -> None:
        """Anew, as an installation does: with other dates and other files."""
        target = self.sources.parents[1]
        shutil.rmtree(target, ignore_errors=True)
        for name in ("kernels", "system"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, target / name, ignore=ignored, copy_function=shutil.copyfile)
        (target / "__init__.py").touch()

    def was_kept(self, variables: Mapping[str, str] | None = None, umask: int = 0o022) -> bool:
        """Whether the code was there from an earlier run."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        done = subprocess.run(
            [sys.executable, "-P", "-c", PROGRAM, str(self.module), str(umask), str(self.sources.parents[2])],
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

    def kept(self) -> Path:
        """The folder in the cache that the code is kept in."""
        return self.index().parent


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
    """One whose function was compiled before, by another copy of Holesmith."""
    shutil.copytree(compiled_once.cache, place.cache, dirs_exist_ok=True)
    return place


def test_code_is_kept_in_the_cache_for_its_user_alone_whatever_the_umask(compiled_once: Place) -> None:
    kept = compiled_once.kept()
    assert kept.parent == compiled_once.cache / "kernels"
    assert {file.stat().st_mode & 0o777 for file in kept.iterdir()} == {0o600}
    assert {folder.stat().st_mode & 0o777 for folder in (kept, kept.parent)} == {0o700}
    assert compiled_once.was_kept()


def test_another_copy_of_the_same_sources_finds_the_code(compiled_place: Place) -> None:
    assert compiled_place.was_kept()


def test_an_update_that_leaves_the_compiled_sources_as_they_are_keeps_the_code(compiled_place: Place) -> None:
    place = compiled_place
    place.copy_holesmith()
    for path in place.sources.glob("*.py"):
        os.utime(path, (1, 1))
    other = place.sources.parent / "workers.py"
    other.write_text(other.read_text() + "# another version\n")
    assert place.was_kept()


def test_a_change_of_any_compiled_source_compiles_anew(compiled_place: Place) -> None:
    place = compiled_place
    before = place.kept()
    changed = place.sources / "scalar_math.py"
    changed.write_text(changed.read_text() + "# another version\n")
    assert not place.was_kept()
    assert [folder for folder in before.parent.iterdir() if folder != before]  # beside the other version's


def test_a_relative_folder_for_caches_is_not_used(compiled_place: Place) -> None:
    for name in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        compiled_place.was_kept({"HOLESMITH_CACHE": "", name: "relative"})
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
    cache = place.workspace / "cache"
    cache.mkdir()
    assert not place.was_kept({"HOLESMITH_CACHE": str(cache)})
    assert not list(cache.iterdir())
    assert place.sources in place.index().parents  # beside the sources, where no cache can be used
    assert place.was_kept({"HOLESMITH_CACHE": str(cache)})


def test_folders_that_were_not_used_for_long_are_removed(tmp_path: Path) -> None:
    def folder(number: int, days: float) -> Path:
        made = tmp_path / f"{number:032x}"
        made.mkdir(0o700)
        (made / "code.nbc").touch()
        used = time.time() - 86_400 * days
        os.utime(made, (used, used))
        return made

    mine = folder(0, 0)
    recent = [folder(number, number) for number in range(1, FOLDERS_MAX + 3)]
    old = folder(100, UNUSED_DAYS_MAX + 1)
    strange = tmp_path / "something-else"
    strange.mkdir()
    os.utime(strange, (1, 1))
    remove_old_code(mine)
    assert set(tmp_path.iterdir()) == {mine, strange, *recent[: FOLDERS_MAX - 1]}
    assert not old.exists()


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
