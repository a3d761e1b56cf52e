"""The dotted names of Python's modules in a workspace, derived from the places of their files."""

from pathlib import PurePosixPath

from holesmith.analysis.outline.import_statements import Import
from holesmith.context.index.import_targets import shared_parts
from holesmith.context.index.reader import Index


def package_of(folder: PurePosixPath, index: Index) -> tuple[str, ...]:
    """Return the parts of the package that a folder is; empty if the folder is no package."""
    paths = index.paths()
    parts = folder.parts
    first = len(parts)
    while first and "/".join((*parts[:first], "__init__.py")) in paths:
        first -= 1
    return parts[first:]


def module_of(path: PurePosixPath, index: Index) -> str:
    """Return the absolute name of a file's module."""
    own = () if path.stem == "__init__" else (path.stem,)
    return ".".join((*package_of(path.parent, index), *own))


def module_of_import(statement: Import, importer: PurePosixPath, index: Index) -> str:
    """Return the absolute name of the module that a statement in the file ``importer`` imports."""
    if not statement.level:
        return statement.module
    package = package_of(importer.parent, index)
    base = package[: len(package) - (statement.level - 1)]
    return ".".join((*base, statement.module) if statement.module else base)


def relative_to(module: str, path: PurePosixPath, index: Index) -> str | None:
    """Return the module's name with leading dots, for the file ``path``; None if they share no package."""
    package, parts = package_of(path.parent, index), tuple(module.split("."))
    shared = shared_parts(package, parts)
    if not shared:
        return None
    return "." * (len(package) - shared + 1) + ".".join(parts[shared:])
