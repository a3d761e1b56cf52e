"""Where a URI points to: a path for files, a bare name for everything that is not a file on this machine.

One document has many spellings: editors escape other characters, in other letters. Documents are compared by
`key_of` their URIs, and answers keep the spelling of the client.
"""

import sys
from functools import lru_cache
from pathlib import PurePath
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

_KEYS_MAX = 4096

# What Linux and macOS take at most, less room for the names of files that are looked for beside it.
NAME_BYTES_MAX = 255
PATH_BYTES_MAX = (1024 if sys.platform == "darwin" else 4096) - 256


@lru_cache(maxsize=_KEYS_MAX)
def key_of(uri: str) -> str:
    """The same for all spellings of one URI: what is escaped, in which letters, the host of this machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    host = "" if parts.scheme == "file" and parts.netloc == "localhost" else parts.netloc
    path = "/".join(map(_canonical, parts.path.split("/")))
    return f"{parts.scheme}://{_canonical(host)}{path}?{_canonical(parts.query)}#{_canonical(parts.fragment)}"


def _canonical(part: str) -> str:
    """Escaped wherever it can be: an escaped ``/`` or ``#`` stays another character than a plain one."""
    return quote(unquote_to_bytes(part.encode("utf-8", "surrogatepass")), safe="")


def path_of(uri: str) -> str | None:
    """The absolute path of a ``file:`` URI of this machine; None for any other, and where no file can be."""
    path = _written_path(uri)
    return None if path is None or _is_too_long(path) else path


def has_too_long_path(uri: str) -> bool:
    """Whether it is a ``file:`` URI of this machine with a path that the system would not take."""
    path = _written_path(uri)
    return path is not None and _is_too_long(path)


def _written_path(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = unquote(parts.path)
    is_here = parts.scheme == "file" and parts.netloc in ("", "localhost")
    return path if is_here and path.startswith("/") and "\0" not in path else None


def address_of(uri: str) -> str:
    """The whole decoded path of any URI, also of one that is no file here, with ``/`` as separator."""
    try:
        path = unquote(urlsplit(uri).path)
    except ValueError:
        path = uri
    return path.replace("\0", "").replace("\\", "/")


def _is_too_long(path: str) -> bool:
    encoded = path.encode("utf-8", "surrogatepass")
    return len(encoded) > PATH_BYTES_MAX or max(map(len, encoded.split(b"/"))) > NAME_BYTES_MAX


def name_of(uri: str) -> str:
    """What to call a document that is no file: the last part of its URI."""
    try:
        path = unquote(urlsplit(uri).path)
    except ValueError:
        path = uri
    return PurePath(path.replace("\0", "")).name or "untitled"


def folder_around(path: str | None, folders: tuple[str, ...]) -> str | None:
    """The innermost of ``folders`` (paths) that holds ``path``; the first for a document that has no path."""
    if path is None:
        return folders[0] if folders else None
    around = [folder for folder in folders if PurePath(path).is_relative_to(folder)]
    return max(around, key=len, default=None)
