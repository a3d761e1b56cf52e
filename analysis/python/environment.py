"""Find the Python environment of a project by reading files and directories only.

The workspace is untrusted, and its interpreter is a program of the workspace, so nothing is ever executed.
Version and packages are read from ``pyvenv.cfg`` and the directories; ``.pth`` files only add directories.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from holesmith.analysis.answers import PythonEnvironment
from holesmith.analysis.files.regular_file import regular_file_or_none
from holesmith.analysis.options import Options
from holesmith.analysis.python.package_links import is_folder, with_links
from holesmith.analysis.python.project_file import read_toml

# Bytes of a ``pyvenv.cfg``; a larger file counts as missing.
FILE_BYTES_MAX = 1_000_000
# Folders of packages of one environment, at most.
FOLDERS_MAX = 32
# Source roots that the project's settings may name.
SOURCE_ROOTS_MAX = 200
NONE_FOUND = "none found"
_DIRECTORIES = (".venv", "venv", "env", ".env", "virtualenv")


def find_environment(options: Options) -> PythonEnvironment:
    """Return the first environment that has packages.

    The user's setting comes first, then the project's own files, then the environment in which the editor was
    started.
    """
    root = Path(options.root)
    project = read_toml(root / "pyproject.toml")
    roots = tuple(_source_roots(root, project))
    fault = options.python and fault_of_setting(root, options.python)
    for origin, prefix in _candidates(options, root, project):
        if packages := _packages(prefix):
            told = f"{origin}; {fault}" if fault else origin
            return PythonEnvironment(told, str(prefix), _version(prefix), with_links(packages), roots)
    return PythonEnvironment(fault or NONE_FOUND, None, None, (), roots)


def fault_of_setting(root: Path, python: str) -> str | None:
    """Return one line about what is wrong with the interpreter or environment that the user set, or None."""
    chosen = _chosen_prefix(root, python)
    return None if chosen is not None and _packages(chosen) else f"{python} is no Python environment"


def in_words(environment: PythonEnvironment) -> str:
    """One line for the user: the environment, and how it was found."""
    if environment.path is None:
        fault = "" if environment.origin == NONE_FOUND else f" ({environment.origin})"
        return f"no Python environment found: the project's own files and the standard library{fault}"
    version = f"Python {environment.version}" if environment.version else "Python"
    return f"{version} in {environment.path} ({environment.origin})"


def _candidates(options: Options, root: Path, project: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    if options.python:
        chosen = _chosen_prefix(root, options.python)
        if chosen is not None:
            yield "setting", chosen
    for table, origin in (
        ("pyright", "pyproject.toml (pyright)"),
        ("basedpyright", "pyproject.toml (pyright)"),
    ):
        settings = _table(project, "tool", table)
        if isinstance(settings.get("venv"), str):
            yield origin, root / str(settings.get("venvPath", ".")) / settings["venv"]
    uv_name = os.environ.get("UV_PROJECT_ENVIRONMENT")
    if uv_name and _is_file(root / "uv.lock"):
        yield "uv", root / uv_name
    for name in _DIRECTORIES:
        if _is_file(root / name / "pyvenv.cfg"):
            yield ("uv" if _is_file(root / "uv.lock") else name), root / name
    if options.virtual_env:
        yield "VIRTUAL_ENV", Path(options.virtual_env)
    yield from (("poetry", path) for path in _poetry_environments(root, project))
    conda = os.environ.get("CONDA_PREFIX")
    if conda:
        yield "CONDA_PREFIX", Path(conda)


def _chosen_prefix(root: Path, python: str) -> Path | None:
    """The folder of an environment, given that folder or an interpreter in it; None for anything else."""
    chosen = root / python
    if is_folder(chosen):
        return chosen
    # The link is not resolved, because it leads out of the virtual environment, perhaps to nothing.
    if chosen.parent.name in ("bin", "Scripts"):
        return chosen.parent.parent
    return chosen.parent if _is_file(chosen) else None


def _packages(prefix: Path) -> list[Path]:
    """The folders of packages of an environment; none if it is no environment or can't be read."""
    found: list[Path] = []
    with suppress(OSError, RuntimeError):  # a name may be too long, and links may form a circle
        if is_folder(prefix):
            found.extend(islice(_site_packages(prefix), FOLDERS_MAX))
    return found


def _poetry_environments(root: Path, project: dict[str, Any]) -> Iterator[Path]:
    """The project's environments in Poetry's cache, the newest Python first.

    Poetry names them <cache>/virtualenvs/<name>-<hash of the project's path>-py<version>.
    """
    name = _table(project, "tool", "poetry").get("name") or _table(project, "project").get("name")
    if not isinstance(name, str):
        return
    safe_name = re.sub(r'[ $`!*@"\\\r\n\t]', "_", name.lower())[:42]
    digest = hashlib.sha256(os.path.normcase(os.path.realpath(root)).encode()).digest()
    tag = base64.urlsafe_b64encode(digest).decode()[:8]
    for cache in _poetry_caches():
        with suppress(OSError):
            yield from sorted(cache.glob(f"virtualenvs/{safe_name}-{tag}-py*"), reverse=True)


def _poetry_caches() -> Iterator[Path]:
    if named := os.environ.get("POETRY_CACHE_DIR"):
        yield Path(named)
    with suppress(RuntimeError):  # raised if the user has no home
        yield Path.home() / ".cache/pypoetry"
        yield Path.home() / "Library/Caches/pypoetry"


def _site_packages(prefix: Path) -> Iterator[Path]:
    for pattern in (
        "lib/python3*/site-packages",
        "lib64/python3*/site-packages",
        "lib/python3*/dist-packages",
    ):
        for path in sorted(prefix.glob(pattern), reverse=True)[:2]:
            if (
                pattern.startswith("lib64")
                and path.resolve() == (prefix / "lib" / path.parts[-2] / path.name).resolve()
            ):
                continue
            yield path
    if (prefix / "Lib/site-packages").is_dir():
        yield prefix / "Lib/site-packages"
    configuration = _configuration(prefix)
    home = Path(configuration.get("home", ""))
    is_wanted = configuration.get("include-system-site-packages", "").lower() == "true"
    if is_wanted and home.is_absolute() and is_folder(home):
        yield from home.parent.glob("lib/python3*/site-packages")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _source_roots(root: Path, project: dict[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    named = _table(project, "tool", "setuptools", "packages", "find").get("where")
    extra = _table(project, "tool", "pyright").get("extraPaths")
    extra_ty = _table(project, "tool", "ty", "environment").get("extra-paths")
    listed = [each for names in (named, extra, extra_ty) if isinstance(names, list) for each in names]
    named_paths = [each for each in listed if isinstance(each, str)][:SOURCE_ROOTS_MAX]
    for name in (".", "src", *named_paths):
        path = os.path.normpath(root / name)
        if path not in seen and is_folder(Path(path)):
            seen.add(path)
            yield path


def _version(prefix: Path) -> str | None:
    configuration = _configuration(prefix)
    if told := _number_of(configuration.get("version") or configuration.get("version_info") or ""):
        return told
    found = next(iter(sorted(prefix.glob("lib/python3.*"), reverse=True)), None)
    return _number_of(found.name.removeprefix("python")) if found else None


def _number_of(version: str) -> str | None:
    """The first two numbers of a version; None for any other text.

    The text comes from the workspace and is shown to the user, so nothing else may pass.
    """
    number = re.fullmatch(r"(\d+(?:\.\d+)?)(?:\.\w+)*\+?", version, re.ASCII)
    return number[1] if number else None


def _configuration(prefix: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in _read(prefix / "pyvenv.cfg").splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in lines if value}


def _table(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        inner = document.get(key)
        if not isinstance(inner, dict):
            return {}
        document = inner
    return document


def _read(path: Path) -> str:
    return (regular_file_or_none(path, FILE_BYTES_MAX) or b"").decode("utf-8", "replace")
