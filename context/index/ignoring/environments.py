"""Folders of installed packages, told by the marks that their makers leave: not the user's source."""

from pathlib import Path

# By name alone, whoever made them.
FOLDER_NAMES = frozenset(
    (
        ".bundle",
        ".conda",
        ".eggs",
        ".nox",
        ".pixi",
        ".pnpm-store",
        ".tox",
        ".venv",
        "__pypackages__",
        "bower_components",
        "dist-packages",
        "jspm_packages",
        "node_modules",
        "site-packages",
    )
)
# Buildout keeps these beside the list of what it has installed.
_BUILDOUT_NAMES = frozenset(("develop-eggs", "eggs", "parts"))


def is_environment(folder: Path) -> bool:
    """Whether a folder holds installed packages; reads nothing but names. Raises no error."""
    name = folder.name
    if name in FOLDER_NAMES or name.endswith(".egg"):
        return True
    return (
        (folder / "pyvenv.cfg").exists()
        or (folder / "conda-meta").is_dir()
        or _is_old_virtualenv(folder)
        or (name in _BUILDOUT_NAMES and (folder.parent / ".installed.cfg").exists())
    )


def _is_old_virtualenv(folder: Path) -> bool:
    """Those of virtualenv before version 20 have no ``pyvenv.cfg``."""
    if (folder / "bin" / "activate").exists():
        return any(folder.glob("lib/python*"))
    return (folder / "Scripts" / "activate.bat").exists() and (folder / "Lib" / "site-packages").is_dir()
