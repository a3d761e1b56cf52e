"""Read the TOML files of an untrusted project in bounded time."""

import re
import tomllib
from pathlib import Path
from typing import Any

from holesmith.analysis.files.regular_file import regular_file_or_none

# Bytes of a file; a larger file is not read.
FILE_BYTES_MAX = 250_000
# Dotted parts of a key: tomllib takes time with the square of them. Keys that people write have up to five.
KEY_PARTS_MAX = 16

# Strings and comments of TOML. A string without its closing mark goes on to the end of the line or file, so
# that each character is looked at only once.
_TEXT = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+"{0,5}+'
    r"|'''(?:[^']|'(?!''))*+'{0,5}+"
    r'|"(?:[^"\\\n]|\\.)*+"?+'
    r"|'[^'\n]*+'?+"
    r"|#[^\n]*+"
)
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{KEY_PARTS_MAX}}}")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Empty if there is no such file, or it is too large, is no TOML, or has keys of more than ``KEY_PARTS_MAX``
    parts.
    """
    text = (regular_file_or_none(path, FILE_BYTES_MAX) or b"").decode("utf-8", "replace")
    if _LONG_KEY.search(_TEXT.sub("_", text)):
        return {}
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):  # a number with thousands of digits raises ValueError too
        return {}
