"""Read a file on disk, and check a position in it, for the commands that complete there."""

from collections.abc import Sequence
from pathlib import Path

from holesmith.analysis.languages import language_of
from holesmith.cli.errors import CommandError
from holesmith.completion.snapshot import Snapshot

BYTES_MAX = 5_000_000
# A folder that holds one of these is the root of a repository.
ROOT_MARKS = (".git", ".hg", "pyproject.toml", "setup.py", "package.json", "go.mod", "Cargo.toml", "pom.xml")
ENVIRONMENT_MARKS = (".venv/pyvenv.cfg", "venv/pyvenv.cfg")


def snapshot_of(path: Path, line: int, column: int) -> Snapshot:
    """A snapshot of a file on disk, with the cursor at ``line`` (from 1) and ``column`` (from 0).

    Columns count characters. Raises CommandError if the file can't be read or has no such position.
    """
    text = read_text(path)
    absolute = path.absolute()
    return Snapshot(
        path=str(absolute),
        language=language_of(path.name),
        text=text,
        offset=offset_of(text, line, column, path),
        workspace=str(workspace_of(absolute)),
        invoked=True,
    )


def read_text(path: Path) -> str:
    try:
        if not path.is_file():
            raise CommandError(
                f"{path}: no such file" if not path.exists() else f"{path}: not a regular file"
            )
        size = path.stat().st_size
        if size > BYTES_MAX:
            raise CommandError(f"{path}: {size:,} bytes; files over {BYTES_MAX:,} bytes are not completed")
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: can't be read: {error.strerror}") from None
    if b"\0" in data:
        raise CommandError(f"{path}: a binary file (it has a zero byte), not source code")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{path}: not UTF-8 at byte {error.start:,}; convert the file to UTF-8 first"
        ) from None


def offset_of(text: str, line: int, column: int, path: Path) -> int:
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        raise CommandError(f"{path}: no line {line}; lines go from 1 to {len(lines)}")
    length = len(lines[line - 1].removesuffix("\r"))
    if not 0 <= column <= length:
        raise CommandError(f"{path}: no column {column} in line {line}; its columns go from 0 to {length}")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column


def workspace_of(path: Path) -> Path:
    """The nearest folder above a file that looks like the root of a repository.

    If there is none, the nearest folder with a Python environment in it, but not the user's home. If there is
    none either, the folder that holds the file's outermost package, or else the file's own folder.
    """
    folders = path.parents
    own = next((folder for folder in folders if not (folder / "__init__.py").exists()), folders[0])
    return _nearest(folders, ROOT_MARKS) or _nearest(_below_home(folders), ENVIRONMENT_MARKS) or own


def _below_home(folders: Sequence[Path]) -> list[Path]:
    try:
        home = Path.home()
    except RuntimeError:  # the user has no home
        return list(folders)
    return [folder for folder in folders if folder != home and folder not in home.parents]


def _nearest(folders: Sequence[Path], marks: tuple[str, ...]) -> Path | None:
    return next((folder for folder in folders if any((folder / mark).exists() for mark in marks)), None)
