"""Recognise folders of installed packages, which are not the user's source, by the marks of their makers."""

from pathlib import Path

# Recognised by name alone, whoever made them.
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
# Buildout keeps these folders beside the list of the packages that it has installed.
_BUILDOUT_NAMES = frozenset(("develop-eggs", "eggs", "parts"))


def is_environment(folder: Path) -> bool:
    """True if a folder holds installed packages; reads nothing but names. Raises no error."""
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
    """True for an environment of virtualenv before version 20, which has no ``pyvenv.cfg``."""
    if (folder / "bin" / "activate").exists():
        return any(folder.glob("lib/python*"))
    return (folder / "Scripts" / "activate.bat").exists() and (folder / "Lib" / "site-packages").is_dir()
