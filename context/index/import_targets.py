"""Find the files of the workspace that an import statement means.

Files are found by name alone, without a build system: the folders above the importing file are tried, the
nearest first, then any file whose path ends as the import says. A module outside of the workspace has no
file.
"""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import PurePosixPath

from holesmith.analysis.outline.import_statements import Import
from holesmith.analysis.syntax.languages.language_rules import ImportStyle
from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.context.index.reader import Index

_SOURCE_FOLDERS = ("src", "lib", "python", "src/main/java", "src/test/java")
_ECMASCRIPT_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", "/index.ts", "/index.tsx", "/index.js")
# Files of one import; a package may have many.
_FILES_MAX = 12


def files_of_import(statement: Import, path: str, language: str, index: Index) -> tuple[str, ...]:
    """Return the files that ``statement`` in the file ``path`` imports, never that
    file itself, best first.
    """
    style = rules_of(language).import_style
    resolve = _RESOLVERS.get(style) if style is not None else None
    if resolve is None:
        return ()
    found = dict.fromkeys(resolve(statement, PurePosixPath(path), index))
    found.pop(path, None)
    return tuple(found)[:_FILES_MAX]


def _python(statement: Import, path: PurePosixPath, index: Index) -> Iterator[str]:
    module = statement.module.replace(".", "/")
    if statement.level:
        folder = path.parent
        for _ in range(statement.level - 1):
            folder = folder.parent
        bases: Sequence[str] = [str(folder)]
    else:
        bases = list(_folders_above(path))
    paths = index.paths()
    for base in bases:
        stem = "/".join(part for part in (base if base != "." else "", module) if part)
        found = list(_python_files(stem, statement, paths))
        if found:
            yield from found
            return


def _python_files(stem: str, statement: Import, paths: frozenset[str]) -> Iterator[str]:
    """Yield the module's file, and those of its submodules that are imported by name."""
    submodules = (f"{stem}/{name}" if stem else name for name, _ in statement.names if name != "*")
    for candidate in (*submodules, stem):
        for ending in (".py", "/__init__.py", ".pyi"):
            if candidate and candidate + ending in paths:
                yield candidate + ending
                break


def _java(statement: Import, path: PurePosixPath, index: Index) -> Iterator[str]:
    stem = statement.module.replace(".", "/")
    if ("*", "*") in statement.names:
        for base in _folders_above(path):
            yield from index.paths_in(f"{base}/{stem}" if base != "." else stem, _FILES_MAX)
    yield from nearest(index.paths_ending([f"{stem}.java"]), path)


def _ecmascript(statement: Import, path: PurePosixPath, index: Index) -> Iterator[str]:
    module, paths = statement.module, index.paths()
    bare = module.removesuffix(".js").removesuffix(".jsx")
    if module.startswith("."):
        stem = posixpath.normpath(path.parent / bare)
        files = ((stem + ending).removeprefix("./") for ending in ("", *_ECMASCRIPT_ENDINGS))
        yield from (file for file in files if file in paths)
    elif "/" in module:
        tail = bare.lstrip("@~#").lstrip("/")
        yield from nearest(index.paths_ending([tail + ending for ending in _ECMASCRIPT_ENDINGS]), path)


def _go(statement: Import, path: PurePosixPath, index: Index) -> Iterator[str]:
    parts = statement.module.split("/")
    for start in range(len(parts)):
        found = index.paths_in("/".join(parts[start:]), _FILES_MAX)
        if found:
            yield from (each for each in found if not each.endswith("_test.go"))
            return


def _rust(statement: Import, path: PurePosixPath, index: Index) -> Iterator[str]:
    parts = statement.module.split("::")
    base = path.parent
    if parts[0] == "crate":
        base = next((folder for folder in path.parents if folder.name == "src"), base)
    elif parts[0] == "super":
        base = base if path.name == "mod.rs" else base.parent
    elif parts[0] != "self":
        return
    inner, paths = parts[1:], index.paths()
    for length in range(len(inner), 0, -1):
        stem = str(base.joinpath(*inner[:length]))
        found = [stem + ending for ending in (".rs", "/mod.rs") if stem + ending in paths]
        if found:
            yield from found
            return


def _include(statement: Import, path: PurePosixPath, index: Index) -> Iterator[str]:
    beside = posixpath.normpath(path.parent / statement.module)
    if beside in index.paths():
        yield beside
    else:
        yield from nearest(index.paths_ending([statement.module]), path)


def _folders_above(path: PurePosixPath) -> Iterator[str]:
    """Yield the folders at which a module's path may begin: each folder above the file, and source folders in
    it.
    """
    for folder in path.parents:
        yield str(folder)
        yield from (str(folder / name) for name in _SOURCE_FOLDERS)


def nearest(paths: Sequence[str], path: PurePosixPath) -> list[str]:
    """Sort paths so that those with the most leading folders in common with ``path`` come first."""
    return sorted(paths, key=lambda other: (-shared_parts(PurePosixPath(other).parts, path.parts), other))


def shared_parts(parts: Sequence[str], others: Sequence[str]) -> int:
    """Return the number of equal parts with which two paths, or two dotted names, begin."""
    pairs = zip(parts, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


# C# imports namespaces, which name no file.
_RESOLVERS: dict[ImportStyle, Callable[[Import, PurePosixPath, Index], Iterator[str]]] = {
    "ecmascript": _ecmascript,
    "go": _go,
    "include": _include,
    "java": _java,
    "python": _python,
    "rust": _rust,
}
