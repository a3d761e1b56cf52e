"""Reading the TOML files of an untrusted project, in bounded time."""

import re
import tomllib
from pathlib import Path
from typing import Any

from holesmith.analysis.files.regular_file import regular_file_or_none

FILE_BYTES_MAX = 250_000
KEY_PARTS_MAX = 16
"""tomllib takes time with the square of a key's parts; keys that people write have up to five."""

# As in TOML, and going on to the end where the closing mark is missing: each character is looked at once.
_TEXT = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+"{0,5}+'
    r"|'''(?:[^']|'(?!''))*+'{0,5}+"
    r'|"(?:[^"\\\n]|\\.)*+"?+'
    r"|'[^'\n]*+'?+"
    r"|#[^\n]*+"
)
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{KEY_PARTS_MAX}}}")


def read_toml(path: Path) -> dict[str, Any]:
    """Empty where there is no such file, it is too large, no TOML, or has keys beyond KEY_PARTS_MAX."""
    text = (regular_file_or_none(path, FILE_BYTES_MAX) or b"").decode("utf-8", "replace")
    if _LONG_KEY.search(_TEXT.sub("_", text)):
        return {}
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):  # ValueError also for a number of thousands of digits
        return {}
