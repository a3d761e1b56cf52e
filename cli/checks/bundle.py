"""Write a report about this machine for a bug report: one text file without anybody's code.

The report has only harmless facts: versions, names of settings, outcomes of checks. No file of the workspace
is read, and no value of an environment variable is written. Of a log the report has only the time, level and
logger of each message, and the places in our own code where an error occurred.
"""

import getpass
import json
import os
import platform
import re
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from holesmith.cli.checks.diagnosis import Finding
from holesmith.cli.checks.machine_checks import SHOWN_PACKAGES, installed_versions
from holesmith.cli.errors import CommandError
from holesmith.completion.visible_text import visible

LOG_BYTES_MAX = 1_000_000
LOG_LINES_MAX = 200
SETTINGS_BYTES_MAX = 100_000
# The report tells which of these variables are set, never their values.
VARIABLES = (
    *("HOLESMITH_MODELS", "HOLESMITH_CACHE", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT"),
    *("POETRY_CACHE_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "PYTHONPATH", "NUMBA_CACHE_DIR", "HOME"),
)
_LOGGED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) ([A-Z]+) (holesmith[\w.]*): ")
_OURS = "analysis|cli|completion|context|engine|evaluation|kernels|lsp"
_FRAME = re.compile(rf'  File "[^"]*?/((?:{_OURS})/[\w/]+\.py)", line (\d+)')
_FAILED = re.compile(r"[\w.]*(?:Error|Exception|Warning|Interrupt)\b")
_BROKE = re.compile(r"the check itself failed \((\w+).*")
_WORD_CHARACTERS_MIN = 3
# Any other path, which is replaced; and the values of free settings that may be written.
_PATH = re.compile(r"(?<![\w~.>])/[\w.@+~-]+(?:/[\w.@+~-]+)*")
_PLAIN_VALUE = re.compile(r"auto|cpu|cuda(?::\d+)?")


def write_bundle(path: Path, lines: Iterable[str]) -> None:
    """Write the report. Raises CommandError if the file exists or can't be written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{visible(line)}\n" for line in lines)
    except FileExistsError:
        raise CommandError(f"{path} exists already; name a new file") from None
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}") from None


def bundle(
    findings: Sequence[Finding], workspace: Path, settings: Path | None, log: Path | None
) -> Iterator[str]:
    """The lines of the report. ``settings``: the user's settings as JSON. ``log``: a log of the server."""
    private = private_texts(workspace)
    yield "A report on Holesmith. It holds no code, no paths of yours and no values of variables:"
    yield "versions, checks, variables that are set, settings, log (who spoke when, and where it failed)."
    yield "\n# versions"
    yield f"holesmith {version('holesmith')}, Python {platform.python_version()}"
    yield f"{platform.system()} {platform.release()} {platform.machine()}"
    versions = installed_versions()
    yield from (f"{name} {versions[name]}" for name in SHOWN_PACKAGES if name in versions)
    yield "\n# checks"
    yield from (line_of(finding, private) for finding in findings)
    yield "\n# variables that are set"
    yield ", ".join(name for name in VARIABLES if os.environ.get(name)) or "none of interest"
    yield "\n# settings"
    yield from ("not given: --settings FILE",) if settings is None else settings_lines(settings)
    yield "\n# log"
    yield from ("not given: --log FILE",) if log is None else log_lines(log)


def private_texts(workspace: Path) -> Mapping[str, str]:
    """Texts that must not be in the report, with their replacements; a longer text may contain a shorter one,
    so longer texts come first.
    """
    digest = sha256(os.fsencode(workspace)).hexdigest()[:12]
    known = {str(workspace): f"<workspace {digest}>", str(Path.cwd()): "<current folder>"}
    known |= {os.environ[name]: f"<{name}>" for name in VARIABLES if name != "HOME" and os.environ.get(name)}
    known |= {os.path.expanduser("~"): "~", socket.gethostname(): "<host>"}  # noqa: PTH111  # raises nothing
    known |= {sys.executable: "<python>", sys.prefix: "<environment of holesmith>"}
    with suppress(KeyError, OSError):  # a user that the system does not know
        known[getpass.getuser()] = "<user>"
    return {text: known[text] for text in sorted(known, key=len, reverse=True) if len(text) > 1}


def anonymised(text: str, private: Mapping[str, str]) -> str:
    for private_text, stand_in in private.items():
        if os.sep in private_text:
            text = text.replace(private_text, stand_in)
    text = _PATH.sub("<path>", text)
    for private_text, stand_in in private.items():
        if os.sep not in private_text and len(private_text) >= _WORD_CHARACTERS_MIN:
            text = re.sub(rf"(?<!\w){re.escape(private_text)}(?!\w)", stand_in, text)
    return text


def line_of(finding: Finding, private: Mapping[str, str]) -> str:
    """A finding as a line, without the project's environment path and the message of an unexpected error."""
    detail = _BROKE.sub(r"the check itself failed (\1)", finding.detail)
    if finding.name == "environment":
        detail = re.sub(r" in .* \(([\w .()]+)\), for .*", r" (\1)", detail).partition(", for ")[0]
    return f"{finding.outcome:8} {finding.name:16} {anonymised(detail, private)}"


def settings_lines(path: Path) -> Iterator[str]:
    """The changed settings. Only values that are numbers, booleans or one of a few words are written."""
    from holesmith.lsp.settings import RULES, is_model_name, read_settings

    try:
        given: object = json.loads(read_tail(path, SETTINGS_BYTES_MAX))
    except ValueError:
        raise CommandError(f"{path}: not valid JSON, or more than {SETTINGS_BYTES_MAX:,} bytes") from None
    settings, problems = read_settings(given)
    for rule in RULES:
        value = getattr(settings, rule.field)
        if value != rule.default:
            is_harmless = bool(rule.choices or rule.bounds or rule.parts) or isinstance(value, bool)
            is_harmless |= rule.place == "model" and is_model_name(str(value))
            is_harmless |= _PLAIN_VALUE.fullmatch(str(value)) is not None
            yield f"{rule.key} = {json.dumps(value) if is_harmless else '(set)'}"
    yield f"wrong or unknown: {len(problems)}"


def log_lines(path: Path) -> Iterator[str]:
    """Each message as its time, level and logger; each traceback as our own frames and the type of error."""
    shown: list[str] = []
    for line in read_tail(path, LOG_BYTES_MAX).splitlines():
        if logged := _LOGGED.search(line):
            shown.append(" ".join(logged.groups()))
        elif frame := _FRAME.match(line):
            shown.append(f"    {frame[1]}:{frame[2]}")
        elif (failed := _FAILED.match(line)) and line[failed.end() :][:1] in ("", ":"):
            shown.append(f"    {failed[0].rpartition('.')[2]}")
    yield from shown[-LOG_LINES_MAX:] or ["no lines of Holesmith in it"]


def read_tail(path: Path, bytes_max: int) -> str:
    """The last ``bytes_max`` bytes of a file as text. Raises CommandError if it can't be read."""
    try:
        if not path.is_file():
            raise CommandError(f"{path}: no such file")
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - bytes_max, 0))
            return file.read(bytes_max).decode(errors="replace")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
