"""Where a URI points to: a path for files, a bare name for everything that is not a file on this machine."""

from pathlib import PurePath
from urllib.parse import unquote, urlsplit


def path_of(uri: str) -> str | None:
    """The absolute path of a ``file:`` URI of this machine; None for any other."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = unquote(parts.path)
    is_here = parts.scheme == "file" and parts.netloc in ("", "localhost")
    return path if is_here and path.startswith("/") and "\0" not in path else None


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
