"""The names that one import statement brings in, read from its own text.

Only the text is looked at. The index or a language server decides which file or library a module is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from holesmith.analysis.syntax.languages.language_rules import ImportStyle
from holesmith.analysis.syntax.languages.registry import rules_of


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module.

    ``module`` is written as in the language, without quotes; ``level`` counts Python's leading dots.
    ``names`` are pairs of a name in the module and its name in this file, with ``*`` for all names. If the
    module itself is imported, ``names`` is empty, and ``alias`` is the module's new name, None for its own.
    """

    module: str
    names: tuple[tuple[str, str], ...]
    alias: str | None
    level: int
    line: int


_QUOTED = re.compile(r"""["'<]([^"'<>\n]+)["'>]""")
_BRACES = re.compile(r"\{([^{}]*)\}")


def imports_of_statement(language: str, text: str, line: int) -> tuple[Import, ...]:
    """Return the imports of a statement that begins on ``line``.

    Unusual statements give none rather than a guess.
    """
    style = rules_of(language).import_style
    return tuple(_READERS[style](text, line)) if style is not None else ()


def _python(text: str, line: int) -> Iterator[Import]:
    words = re.sub(r"#[^\n]*|\\\n", "", text)
    found = re.match(r"\s*from\s*(\.*)\s*([\w.]*)\s+import\s+(.*)", words, re.S)
    if found:
        dots, module, rest = found.groups()
        yield Import(module, tuple(_named(rest.strip("() \n\t,"))), None, len(dots), line)
    elif words.lstrip().startswith("import"):
        for name, alias in _named(words.lstrip().removeprefix("import")):
            yield Import(name, (), None if alias == name else alias, 0, line)


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Yield ``a, b as c`` as pairs of a name and its new name."""
    for part in text.split(","):
        words = part.split()
        if len(words) == 3 and words[1] == "as":
            yield words[0], words[2]
        elif len(words) == 1:
            yield words[0], words[0]


def _java(text: str, line: int) -> Iterator[Import]:
    found = re.match(r"import\s+(static\s+)?([\w.]+?)(\.\*)?\s*;", text)
    if not found:
        return
    is_static, path, star = found.groups()
    module, _, name = path.rpartition(".")
    if star:
        yield Import(path, (("*", "*"),), None, 0, line)
    elif is_static:
        yield Import(module, ((name, name),), None, 0, line)
    else:
        yield Import(path, ((name, name),), None, 0, line)


def _ecmascript(text: str, line: int) -> Iterator[Import]:
    module = _QUOTED.search(text)
    if not module:
        return
    clause = text[: module.start()]
    braces = _BRACES.search(clause)
    names = list(_named(braces[1].replace(" type ", " ").removeprefix("type "))) if braces else []
    star = re.search(r"\*\s+as\s+(\w+)", clause)
    default = re.match(r"import\s+(?:type\s+)?(\w+)\s*(?:,|from)", clause)
    if default:
        names.append(("default", default[1]))
    yield Import(module[1], tuple(names), star[1] if star else None, 0, line)


def _go(text: str, line: int) -> Iterator[Import]:
    module = _QUOTED.search(text)
    if module:
        alias = text[: module.start()].strip()
        yield Import(module[1], (), alias or None, 0, line)


def _rust(text: str, line: int) -> Iterator[Import]:
    path = re.sub(r"^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+|;\s*$", "", text)
    head, braces, rest = path.partition("::{")
    if braces:
        yield Import(head, tuple(_named(rest.rstrip("} \n"))), None, 0, line)
        return
    module, _, name = path.rpartition("::")
    yield Import(module, tuple(_named(name)), None, 0, line)


def _include(text: str, line: int) -> Iterator[Import]:
    found = _QUOTED.search(text)
    if found:
        yield Import(found[1], (), None, 0, line)


def _csharp(text: str, line: int) -> Iterator[Import]:
    found = re.match(r"(?:global\s+)?using\s+(?:static\s+)?(?:(\w+)\s*=\s*)?([\w.]+)\s*;", text)
    if found:
        yield Import(found[2], (), found[1], 0, line)


_READERS: dict[ImportStyle, Callable[[str, int], Iterator[Import]]] = {
    "csharp": _csharp,
    "ecmascript": _ecmascript,
    "go": _go,
    "include": _include,
    "java": _java,
    "python": _python,
    "rust": _rust,
}
