"""The texts of questions as jedi scripts, parsed incrementally and kept apart from the project's files.

parso's cache has one tree for each path. parso changes this tree in place when the text changes, and would
serve it as the content of the file to questions about other documents. Therefore the tree of a question's
text is put into parso's cache only while that question is answered.

Invariant: between questions parso's cache holds nothing but files as they are on disk.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holesmith.analysis.deadline import uninterruptible
from holesmith.analysis.python.parsing.inference_cache import InferenceCache
from holesmith.analysis.python.parsing.jedi_internals import tree_of
from holesmith.analysis.python.parsing.used_names import UsedNames
from parso.cache import parser_cache

# Documents whose last text is kept: each costs the memory of a tree and an inference state.
DOCUMENTS_MAX = 4

Trees = dict[str, Any]
"""parso's cache items of one path, by grammar."""


@dataclass(frozen=True, slots=True)
class _Document:
    text: str
    script: Any
    trees: Trees
    state: InferenceCache
    used: UsedNames


@dataclass(slots=True)
class JediDocuments:
    """The documents asked about last, each with the jedi script of its last text.

    Earlier texts of a path are not kept, because the tree of one text is changed into the tree of the next.
    ``parse`` makes a script of a path and a text, and may change the tree that parso's cache has for the
    path. ``is_incremental`` is True if the last script was made from the tree of an earlier text.
    """

    parse: Callable[[str | None, str], Any]
    is_incremental: bool = False
    _documents: OrderedDict[str | None, _Document] = field(default_factory=OrderedDict[str | None, _Document])
    _is_shown: bool = False
    _began_s: float = 0.0
    _shown: Path | None = None
    _files: Trees = field(default_factory=Trees)

    def script(self, path: str | None, text: str) -> Any:
        """Return the script of a text. It can be used until ``hand_back_files`` or the next ``script``."""
        self.hand_back_files()
        before = self._documents.pop(path, None)
        self._show(path, before.trees if before else {})
        self._began_s = time.time()
        if before is not None and before.text == text and before.state.is_fresh:
            document = before
            document.state.reset_limits()
        else:
            self.is_incremental = before is not None
            script = self.parse(path, text)
            used = before.used if before is not None else UsedNames()
            used.note(tree_of(script))
            if before is not None and before.state.serves_another_text:
                state = before.state
                state.take(script)
            else:
                state = InferenceCache.of(script)
            document = _Document(text, script, _items(self._shown), state, used)
        self._documents[path] = document
        if len(self._documents) > DOCUMENTS_MAX:
            self._documents.popitem(last=False)
        return document.script

    @uninterruptible
    def hand_back_files(self) -> None:
        """End a question: put the file's own tree back into parso's cache, if the file was read before."""
        if self._is_shown:
            last = next(reversed(self._documents.values()), None)
            if last is not None:
                last.state.note_files(self._began_s)
            _put(self._shown, self._files)
            self._is_shown = False

    @uninterruptible
    def forget_documents(self) -> None:
        """Forget all documents after an interruption.

        The tree that was being parsed is half changed then, and jedi has noted as unknown what it was
        inferring.
        """
        self.hand_back_files()
        self._documents.clear()

    def renew(self, path: str | None) -> None:
        """Forget a path's document if its inference state has served many texts. Called when there is time.

        jedi keeps what it inferred about all these texts in memory.
        """
        document = self._documents.get(path)
        if document is not None and document.state.is_worn:
            self.forget_text(path)

    def forget_text(self, path: str | None) -> None:
        """Forget a path's document, so that its next text is parsed from nothing."""
        self.hand_back_files()
        self._documents.pop(path, None)

    def _show(self, path: str | None, trees: Trees) -> None:
        self._shown = None if path is None else Path(path).absolute()
        self._files = _items(self._shown)
        self._is_shown = True
        _put(self._shown, trees)


def _items(path: Path | None) -> Trees:
    return {grammar: files[path] for grammar, files in parser_cache.items() if path in files}


def _put(path: Path | None, trees: Trees) -> None:
    for grammar, files in parser_cache.items():
        files.pop(path, None)
        if grammar in trees:
            files[path] = trees[grammar]
