"""Where a URI points to: a path for files, a bare name for everything that is not a file on this machine.

One document has many spellings: editors escape other characters, in other letters. Documents are compared by
`key_of` their URIs, and answers keep the spelling of the client.
"""

from functools import lru_cache
from pathlib import PurePath
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

_KEYS_MAX = 4096


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
    """The absolute path of a ``file:`` URI of this machine; None for any other."""
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
