"""Turn a URI into a path for a file on this machine, or into a bare name for any other document.

The URI of one document has many spellings: editors escape different characters, in capitals or not. Documents
are compared by `key_of` their URIs, and answers keep the spelling of the client.
"""

import sys
from functools import lru_cache
from pathlib import PurePath
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

_KEYS_MAX = 4096

# The most that Linux and macOS take, less some room for the names of files beside the document.
NAME_BYTES_MAX = 255
PATH_BYTES_MAX = (1024 if sys.platform == "darwin" else 4096) - 256


@lru_cache(maxsize=_KEYS_MAX)
def key_of(uri: str) -> str:
    """A key that is equal for all spellings of one URI, whatever its escapes and its name of this host."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    host = "" if parts.scheme == "file" and parts.netloc == "localhost" else parts.netloc
    path = "/".join(map(_canonical, parts.path.split("/")))
    return f"{parts.scheme}://{_canonical(host)}{path}?{_canonical(parts.query)}#{_canonical(parts.fragment)}"


def _canonical(part: str) -> str:
    """Escape every character that can be. An escaped ``/`` or ``#`` still differs from a plain one."""
    return quote(unquote_to_bytes(part.encode("utf-8", "surrogatepass")), safe="")


def path_of(uri: str) -> str | None:
    """The absolute path of a ``file:`` URI of this machine; None for any other URI or too long a path."""
    path = _written_path(uri)
    return None if path is None or _is_too_long(path) else path


def has_too_long_path(uri: str) -> bool:
    """True for a ``file:`` URI of this machine whose path is longer than the system takes."""
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
    """The whole decoded path of any URI, also if it is no file on this machine, with ``/`` as separator."""
    try:
        path = unquote(urlsplit(uri).path)
    except ValueError:
        path = uri
    return path.replace("\0", "").replace("\\", "/")


def _is_too_long(path: str) -> bool:
    encoded = path.encode("utf-8", "surrogatepass")
    return len(encoded) > PATH_BYTES_MAX or max(map(len, encoded.split(b"/"))) > NAME_BYTES_MAX


def name_of(uri: str) -> str:
    """The name of a document that is no file: the last part of its URI."""
    try:
        path = unquote(urlsplit(uri).path)
    except ValueError:
        path = uri
    return PurePath(path.replace("\0", "")).name or "untitled"


def folder_around(path: str | None, folders: tuple[str, ...]) -> str | None:
    """The innermost folder that holds ``path``; the first folder for a document without a path, else None."""
    if path is None:
        return folders[0] if folders else None
    around = [folder for folder in folders if PurePath(path).is_relative_to(folder)]
    return max(around, key=len, default=None)
