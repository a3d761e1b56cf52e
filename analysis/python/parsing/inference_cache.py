"""What jedi has found out about files, kept from one text of a document to the next.

Each text of a document is another jedi script, and jedi would infer everything anew for it: the modules that
it imports, their classes, what those inherit. None of that depends on the document, unless one of them
imports it. So scripts of one document share an inference state, to which only the document's module is new.

Invariants: nothing that was found out about an earlier text is found again for a later one, for all of it is
filed under the module of its text, and where another module has asked for the document the state is not kept;
nothing is kept beyond a change of a file or folder that it was read from.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from holesmith.analysis.python.parsing.jedi_internals import (
    AskedModules,
    give_inference_state,
    inference_state_of,
    module_path_of,
)
from parso.cache import parser_cache

TEXTS_MAX = 200
TEXTS_MANY = 60
"""So many texts share a state, and so many if there is time to make another: jedi forgets none of them."""
_SOURCES = (".py", ".pyi")
CLOCK_S = 0.05
"""How coarse the times of files may be."""


class _Stamp(NamedTuple):
    """When a file or folder was changed, and what counts of it: parso's tree, or the modules in a folder."""

    path: Path
    time_s: float
    content: int


@dataclass(slots=True)
class InferenceCache:
    """The inference state of one document, from text to text."""

    inference: Any
    texts: int = 0
    files: dict[str, _Stamp] = field(default_factory=dict[str, _Stamp])
    folders: dict[str, _Stamp] = field(default_factory=dict[str, _Stamp])
    names: tuple[str, ...] = ()
    is_lasting: bool = True
    _noted: int = 0

    @classmethod
    def of(cls, script: Any) -> "InferenceCache":
        """That of a script which has inferred nothing yet."""
        state = cls(inference_state_of(script))
        state.inference.module_cache = AskedModules()
        state.take(script)
        return state

    @property
    def is_fresh(self) -> bool:
        """Whether all files are as they were when they were read, and all folders hold the same modules."""
        return self.is_lasting and self._are_files_unchanged() and self._are_folders_unchanged()

    @property
    def serves_another_text(self) -> bool:
        return (
            self.names not in self.inference.module_cache.asked and self.texts < TEXTS_MAX and self.is_fresh
        )

    @property
    def is_worn(self) -> bool:
        """Whether it is time for another."""
        return self.texts >= TEXTS_MANY

    def _are_files_unchanged(self) -> bool:
        # For each question, of some hundred files: times first, by names as the system takes them.
        for name, stamp in self.files.items():
            if _changed_s(name) != stamp.time_s:
                return False
        trees = list(parser_cache.values())
        return all(_tree_in(trees, stamp.path) == stamp.content for stamp in self.files.values())

    def _are_folders_unchanged(self) -> bool:
        """A folder may change without a change of its modules: editors save to another file first."""
        for name, before in self.folders.items():
            if _changed_s(name) != before.time_s:
                stamp = self.folders[name] = _stamp(before.path)
                if stamp.content != before.content:
                    return False
        return True

    def take(self, script: Any) -> None:
        """Have a script of the document's next text use this state."""
        self.texts += 1
        give_inference_state(script, self.inference)
        self.reset_limits()
        self.names = module_path_of(script)

    def reset_limits(self) -> None:
        """As jedi's own methods do at the beginning, so that a question does not pay for those before it."""
        self.inference.reset_recursion_limitations()
        self.inference.inferred_element_counts.clear()

    def note_files(self, began_s: float) -> None:
        """After a question that began at ``began_s``: remember the state of what it has read."""
        modules: list[Any] = [
            *(value for values in self.inference.module_cache.items() for value in values),
            *self.inference.stub_module_cache.values(),
        ]
        if len(modules) == self._noted:
            return
        self._noted = len(modules)
        own = self.inference.script_path
        places = [path for module in modules for path in _places(module)]
        for path in (*map(Path, self.inference.project.sys_path), *places):
            stamps = self.files if path.suffix in _SOURCES else self.folders
            name = str(path)
            if name not in stamps and path != own:
                stamp = stamps[name] = _stamp(path)
                self.is_lasting = self.is_lasting and stamp.time_s < began_s - CLOCK_S


def _places(module: Any) -> list[Path]:
    """The file of a module and the folders whose entries it depends on."""
    if module is None or module.is_compiled():
        return []
    file = module.py__file__() if hasattr(module, "py__file__") else None
    if file is None:
        return [Path(folder) for folder in module.py__path__() or ()]
    return [Path(file), Path(file).parent]


def _stamp(path: Path) -> _Stamp:
    is_file = path.suffix in _SOURCES
    content = _tree_in(parser_cache.values(), path) if is_file else hash(_modules_in(path))
    return _Stamp(path, _changed_s(str(path)), content)


def _changed_s(name: str) -> float:
    try:
        return os.stat(name).st_mtime  # noqa: PTH116 # a path would be taken apart for each question
    except OSError:
        return 0.0


def _tree_in(trees: Iterable[dict[Path, Any]], path: Path) -> int:
    """The identity of parso's tree of a file."""
    for files in trees:
        item = files.get(path)
        if item is not None:
            return id(item.node)
    return id(None)


def _modules_in(folder: Path) -> frozenset[str]:
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return frozenset()
    return frozenset(name for name in names if "." not in name or name.endswith(_SOURCES))
