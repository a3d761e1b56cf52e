"""The attributes that the text of one file sets from outside of a class, found without parsing.

A project has hundreds of files, and a parser takes seconds for them; these patterns take milliseconds. Where
a pattern sees too much, a name more is allowed; so they are made to see too much rather than too little.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_ASSIGNED = re.compile(r"\.([^\W\d]\w*)[ \t]*(?::[ \t]*[\w\[\]., |\"']+)?=(?!=)")
_UNPACKED = re.compile(r"\.([^\W\d]\w*)[ \t]*,(?=[^=\n({:]*=(?!=))")
_BOUND = re.compile(
    r"\bwith\b[^\n]*?\bas[ \t]+([\w.]+)\.([^\W\d]\w*)[ \t]*[:,)]"
    r"|\bfor[ \t]+([\w.]+)\.([^\W\d]\w*)[ \t]+in\b"
)
_RECEIVER = re.compile(
    r"((?:[^\W\d]\w*(?:\([^()\n]*\)|\[[^\[\]\n]*\])*\.)*)([^\W\d]\w*)((?:\([^()\n]*\)|\[[^\[\]\n]*\])*)$"
)
_TARGETS_ONLY = re.compile(r"[ \t(]*[\w., \t]*$")
_BEGINS_LINE = re.compile(r"[ \t]*\S+$")
_SETATTR = re.compile(
    r"setattr(__)?\(\s*(?:([\w.]+(?:\([^()\n]*\))?(?:\[[^\[\]\n]*\])?(?:\.\w+)*)\s*,\s*)?"
    r"""(?:["']([^\W\d]\w*)["']|([^"'\s,][^,\n]*))\s*,"""
)
_DICT_SET = re.compile(
    r"""([^\W\d][\w.]*)\.__dict__(?:\[["']([^\W\d]\w*)["']\][ \t]*=(?!=)|\["""
    r"""|\.update\(|\.setdefault\(|[ \t]*\|=)"""
)
_VARS_SET = re.compile(r"vars\(([^\W\d][\w.]*)\)(?:\[|\.update\(|\.setdefault\()")
_FUNCTION = re.compile(r"def[ \t]+(\w+)[^(\n]*\(\s*([^\W\d]\w*)?")
_CLASS = re.compile(r"class[ \t]+([^\W\d]\w*)[^(:\n]*(?:\(([^)]*)\))?[ \t]*:")
_FIELD = re.compile(r"\n[ \t]+([^\W\d]\w*)[ \t]*:[ \t]*[\w\"'][^=\n]*(?:=[^\n]*)?(?=\n)")
_CLASS_WORD = re.compile(r"\b_*[A-Z]\w*")
_IMPORT_AS = re.compile(r"\b([^\W\d]\w*)[ \t]+as[ \t]+([^\W\d]\w*)")
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([^\n#]+)", re.MULTILINE)
_IMPORT_FROM = re.compile(r"^[ \t]*from[ \t]+\S+[ \t]+import[ \t]*(\([^)]*\)|[^\n#]+)", re.MULTILINE)
_OWN = frozenset(("self", "cls"))
_NEW_OF_CLASS = re.compile(r"(?:cls|super|object|type|copy|self|mcs|mcls)$")
NESTED_MAX = 40
"""So many functions above are looked at to tell a method from a function within one."""
_PLAIN_BASES = frozenset(("ABC", "Generic", "Protocol", "object", "Enum", "NamedTuple", "TypedDict"))


@dataclass(frozen=True, slots=True)
class AttributeSite:
    """One place where an attribute is set on something other than the ``self`` of a method.

    ``name`` is None if it is computed. ``receiver`` is the last name before the dot, ``Logger`` in
    ``logging.Logger.trace = …``; empty if it is the result of a call or an element. ``classes`` are the names
    of classes that the function around it takes the receiver from.
    """

    name: str | None
    receiver: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """``declared`` are names that some class of the file gives to its instances itself. ``bases`` are the
    classes that others are derived from, ``mixins`` those of them that stand before another base.

    The rest is kept only where attributes are set: ``words`` are the names that look like those of classes,
    ``modules`` the names of imported modules, ``aliases`` what ``from … import`` brings, by the name it
    has here.
    """

    sites: tuple[AttributeSite, ...]
    declared: frozenset[str]
    words: frozenset[str]
    modules: frozenset[str]
    aliases: dict[str, str]
    bases: frozenset[str]
    mixins: frozenset[str]


def facts_of(text: str) -> FileFacts:
    """Facts of a file's text; of Python that does not parse too."""
    functions = [(found.start(), found) for found in _FUNCTION.finditer(text)]
    reader = _Reader(text, functions, [found.start() for found in _CLASS.finditer(text)])
    sites = tuple(dict.fromkeys(reader.sites()))
    declared = reader.declared
    declared.update(found[1] for _, found in functions if _indentation(text, found.start()))
    declared.update(_FIELD.findall(text))
    bases: set[str] = set()
    mixins: set[str] = set()
    for found in _CLASS.finditer(text):
        names = _base_names(found[2] or "")
        bases.update(names)
        mixins.update(names[:-1])
    words = frozenset(_CLASS_WORD.findall(text)) if sites else frozenset[str]()
    aliases = _aliases(text) if sites else {}
    modules = frozenset(_imported(text)) if sites else frozenset[str]()
    return FileFacts(sites, frozenset(declared), words, modules, aliases, frozenset(bases), frozenset(mixins))


def _aliases(text: str) -> dict[str, str]:
    names = [name.strip(" \t()") for found in _IMPORT_FROM.findall(text) for name in found.split(",")]
    return {name: name for name in names if name.isidentifier()} | {
        new: old for old, new in _IMPORT_AS.findall(text)
    }


def _imported(text: str) -> Iterator[str]:
    for names in _IMPORT.findall(text):
        for part in names.split(","):
            yield part.split(" as ")[-1].strip().rpartition(".")[2]


def _base_names(arguments: str) -> list[str]:
    """The last names of the bases in a class statement that may have attributes of their own."""
    names = [re.sub(r"\[.*", "", part).strip().rpartition(".")[2] for part in arguments.split(",")]
    return [name for name in names if name.isidentifier() and name not in _PLAIN_BASES]


def _indentation(text: str, start: int) -> int:
    """Return the indentation of the line around a position."""
    line = text.rfind("\n", 0, start) + 1
    return len(text[line:start]) - len(text[line:start].lstrip())


class _Reader:
    def __init__(self, text: str, functions: list[tuple[int, re.Match[str]]], classes: list[int]) -> None:
        self._text = text
        self._functions = functions
        self._function_starts = [start for start, _ in functions]
        self._class_starts = classes
        self.declared: set[str] = set()
        self._methods: dict[int, bool] = {}

    def sites(self) -> Iterator[AttributeSite]:
        text = self._text
        for found in _ASSIGNED.finditer(text):
            yield from self._assigned(found, found[1])
        if "," in text:
            for found in _UNPACKED.finditer(text):
                line = text.rfind("\n", 0, found.start()) + 1
                if _TARGETS_ONLY.match(text, line, found.start()):
                    yield from self._assigned(found, found[1])
        for found in _BOUND.finditer(text):
            owner, name = found[1] or found[3], found[2] or found[4]
            yield from self._site(found.start(), owner.rpartition(".")[2], name, owner in _OWN)
        yield from self._by_name()

    def _assigned(self, found: re.Match[str], name: str) -> Iterator[AttributeSite]:
        line = self._text.rfind("\n", 0, found.start()) + 1
        if ":" in found[0] and not _BEGINS_LINE.match(self._text, line, found.start()):
            return  # of ``except errors.Missing: value = 1``
        receiver = _RECEIVER.search(self._text, line, found.start())
        if receiver is None:
            if self._text[found.start() - 1 : found.start()] in (")", "]", "}"):
                yield AttributeSite(name, "", frozenset())
            return
        last = "" if receiver[3] else receiver[2]
        yield from self._site(found.start(), last, name, not receiver[1] and last in _OWN)

    def _site(self, start: int, receiver: str, name: str, is_bare_self: bool) -> Iterator[AttributeSite]:
        function = self._function_at(start)
        first = function[2] if function is not None and self._is_method(function) else None
        if receiver and receiver == first:
            self.declared.add(name)
            return
        if is_bare_self and function is not None and first not in ("cls", "mcs", "mcls"):
            self.declared.add(name)  # in a function within the method
            return
        yield AttributeSite(name, receiver, frozenset())

    def _is_method(self, function: re.Match[str]) -> bool:
        """True if the nearest header above that is indented less is one of a class."""
        start = function.start()
        if start not in self._methods:
            self._methods[start] = self._is_below_class(start)
        return self._methods[start]

    def _is_below_class(self, start: int) -> bool:
        column = _indentation(self._text, start)
        if not column:
            return False
        index = bisect_right(self._class_starts, start) - 1
        while index >= 0 and _indentation(self._text, self._class_starts[index]) >= column:
            index -= 1
        if index < 0:
            return False
        class_start = self._class_starts[index]
        class_column = _indentation(self._text, class_start)
        first = bisect_right(self._function_starts, class_start)
        between = self._function_starts[first : bisect_right(self._function_starts, start) - 1]
        return not any(
            class_column < _indentation(self._text, each) < column for each in between[::-1][:NESTED_MAX]
        )

    def _by_name(self) -> Iterator[AttributeSite]:
        text = self._text
        for found in _SETATTR.finditer(text):
            before = text[max(found.start() - 10, 0) : found.start()]
            if not found[1] and (before.endswith((".", "def "))):
                continue  # a method of that name, such as that of pytest's monkeypatch
            receiver = (found[2] or "self").rpartition(".")[2]
            if found[3]:
                yield AttributeSite(found[3], receiver if receiver.isidentifier() else "", frozenset())
            elif found[4] and not (found[1] and self._is_within_hook(found.start())):
                yield from self._computed(found.start(), receiver)
        for found in _DICT_SET.finditer(text) if "__dict__" in text else ():
            receiver = found[1].rpartition(".")[2]
            if found[2]:
                yield AttributeSite(found[2], receiver, frozenset())
            elif receiver not in _OWN:
                yield from self._computed(found.start(), receiver)
        for found in _VARS_SET.finditer(text) if "vars(" in text else ():
            if found[1] not in _OWN:
                yield from self._computed(found.start(), found[1].rpartition(".")[2])

    def _is_within_hook(self, start: int) -> bool:
        """True if the position is in a class's own ``__setattr__``, which hands on its arguments."""
        function = self._function_at(start)
        return function is not None and function[1] in ("__setattr__", "__delattr__")

    def _computed(self, start: int, receiver: str) -> Iterator[AttributeSite]:
        yield AttributeSite(None, receiver, frozenset(self._classes_of(start, receiver)))

    def _classes_of(self, start: int, receiver: str) -> Iterator[str]:
        function = self._function_at(start)
        begin = function.start() if function is not None else 0
        if function is not None and function[2] == receiver and self._is_method(function):
            yield from self._class_at(start)
            return
        sources = re.compile(rf"\b{re.escape(receiver)}[ \t]*(?::[ \t]*[\"']?|=[ \t]*)([^\W\d][\w.]*)")
        for found in sources.finditer(self._text, begin, start) if receiver else ():
            names = found[1].split(".")
            if _NEW_OF_CLASS.match(names[0]):
                yield from self._class_at(start)
            yield from names

    def _class_at(self, start: int) -> Iterator[str]:
        index = bisect_right(self._class_starts, start) - 1
        found = _CLASS.match(self._text, self._class_starts[index]) if index >= 0 else None
        if found is not None:
            yield found[1]

    def _function_at(self, start: int) -> re.Match[str] | None:
        index = bisect_right(self._function_starts, start) - 1
        return self._functions[index][1] if index >= 0 else None
