"""The cache of what jedi has inferred about other files, kept from one text of a document to the next.

Each text of a document is another jedi script, and jedi would infer everything anew for it: the modules that
the document imports, their classes and the base classes of those. None of that depends on the document,
unless one of these modules imports it. So the scripts of one document share an inference state of jedi, in
which only the document's module is new.

Invariants:
- Nothing that was inferred about an earlier text is used for a later one. jedi files it under the module of
  its text, and the state is not kept if another module has asked for the document's module.
- Nothing is kept after a file or folder that it was read from has changed.
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

# Texts that share a state at most: jedi keeps what it inferred about each of them in memory.
TEXTS_MAX = 200
# Texts after which a state is replaced if there is time for it.
TEXTS_MANY = 60
_SOURCES = (".py", ".pyi")
# The resolution, in seconds, that the modification times of files are assumed to have.
CLOCK_S = 0.05


class _Stamp(NamedTuple):
    """Modification time and fingerprint of a file or folder.

    ``content`` is the identity of parso's tree of a file, or a hash of the names of the modules in a folder.
    """

    path: Path
    time_s: float
    content: int


@dataclass(slots=True)
class InferenceCache:
    """The inference state that the successive texts of one document share.

    ``files`` and ``folders`` are what was read for it, and ``names`` is the document's module name, in parts.
    ``is_lasting`` is False if one of the files may have changed while it was being read.
    """

    inference: Any
    texts: int = 0
    files: dict[str, _Stamp] = field(default_factory=dict[str, _Stamp])
    folders: dict[str, _Stamp] = field(default_factory=dict[str, _Stamp])
    names: tuple[str, ...] = ()
    is_lasting: bool = True
    _noted: int = 0

    @classmethod
    def of(cls, script: Any) -> "InferenceCache":
        """Make the cache from a script that has inferred nothing yet."""
        state = cls(inference_state_of(script))
        state.inference.module_cache = AskedModules()
        state.take(script)
        return state

    @property
    def is_fresh(self) -> bool:
        """True if all files are as they were when they were read, and all folders hold the same modules."""
        return self.is_lasting and self._are_files_unchanged() and self._are_folders_unchanged()

    @property
    def serves_another_text(self) -> bool:
        """True if the document's next text may use this state."""
        return (
            self.names not in self.inference.module_cache.asked and self.texts < TEXTS_MAX and self.is_fresh
        )

    @property
    def is_worn(self) -> bool:
        """True if the state has served so many texts that it should be replaced when there is time."""
        return self.texts >= TEXTS_MANY

    def _are_files_unchanged(self) -> bool:
        # This runs for each question and some hundred files, so the cheap test of the times comes first, with
        # names as strings.
        for name, stamp in self.files.items():
            if _changed_s(name) != stamp.time_s:
                return False
        trees = list(parser_cache.values())
        return all(_tree_in(trees, stamp.path) == stamp.content for stamp in self.files.values())

    def _are_folders_unchanged(self) -> bool:
        """Tell whether all folders hold the same modules as before.

        A new modification time of a folder alone proves nothing: many editors save to a temporary file in it.
        """
        for name, before in self.folders.items():
            if _changed_s(name) != before.time_s:
                stamp = self.folders[name] = _stamp(before.path)
                if stamp.content != before.content:
                    return False
        return True

    def take(self, script: Any) -> None:
        """Give this state to the script of the document's next text."""
        self.texts += 1
        give_inference_state(script, self.inference)
        self.reset_limits()
        self.names = module_path_of(script)

    def reset_limits(self) -> None:
        """Reset jedi's counters of inference steps, so that earlier questions do not use up this one's.

        jedi's own public methods reset them at their beginning too.
        """
        self.inference.reset_recursion_limitations()
        self.inference.inferred_element_counts.clear()

    def note_files(self, began_s: float) -> None:
        """Record a stamp of each file and folder read by a question that began at ``began_s`` (seconds)."""
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
        return os.stat(name).st_mtime  # noqa: PTH116 # making a Path for each question would be slow
    except OSError:
        return 0.0


def _tree_in(trees: Iterable[dict[Path, Any]], path: Path) -> int:
    """The identity of parso's tree of a file; that of None if there is no tree."""
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
