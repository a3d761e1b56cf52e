"""The files that RepoFusion's prompt proposals take content from, each kind of files in its order.

Source: RLPG and RepoFusion, with two corrections: names with underscores are compared by their parts too, and
an import is as near as its nearest use, not its last.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import PurePosixPath

from holesmith.context.identifiers import parts_of_identifier
from holesmith.context.index.import_targets import files_of_import
from holesmith.context.index.reader import Index
from holesmith.context.surroundings import Surroundings

# Files of each kind.
FILES_MAX = 6
# The number of files whose imports are looked at.
LOOKED_INTO_MAX = 40


class ProposalFiles:
    """The lists of files for one hole, each found once; paths, best first."""

    def __init__(self, around: Surroundings, index: Index) -> None:
        self._around = around
        self._index = index
        self._resolved: dict[str, tuple[str, ...]] = {}

    def of(self, source: str) -> tuple[str, ...]:
        """Return the list for ``source``, a name of proposals.py other than in_file."""
        if source.startswith("import_of_"):
            return self._imported_by(self.of(source.removeprefix("import_of_")))
        lists: dict[str, Callable[[], tuple[str, ...]]] = {
            "import_file": lambda: self.imported,
            "parent_class_file": lambda: self.parents,
            "sibling_file": lambda: self.siblings,
            "similar_name_file": lambda: self.similar_names,
            "child_class_file": lambda: self.children,
        }
        return lists[source]()

    @cached_property
    def imported(self) -> tuple[str, ...]:
        """The imported files, by the distance from the hole to the nearest use of their names; unused ones
        last.
        """
        around = self._around
        distances: dict[str, int] = {}
        for statement in around.imports:
            names = [local for _, local in statement.names] or [
                statement.alias or statement.module.split(".")[0]
            ]
            used = [around.distance_of_name.get(name, 1 << 30) for name in names]
            for path in files_of_import(statement, around.request.path, around.request.language, self._index):
                distances[path] = min(distances.get(path, 1 << 30), min(used, default=1 << 30))
        return tuple(sorted(distances, key=lambda path: (distances[path], path)))[:FILES_MAX]

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The files of parent classes: of the classes around the hole first, then of
        the others of this file.
        """
        around = self._around
        classes = [symbol for symbol in reversed(around.enclosing) if symbol.kind == "class"]
        classes += [symbol for symbol in around.parsed.symbols if symbol.kind == "class"]
        names = tuple(dict.fromkeys(base for class_ in classes for base in class_.bases))
        found = self._index.definitions(names, languages=around.languages)
        order = {name: number for number, name in enumerate(names)}
        ranked = sorted(
            (order[each.symbol.name], each.path not in self.imported, each.path)
            for each in found
            if each.symbol.kind == "class" and each.path != around.request.path
        )
        return tuple(dict.fromkeys(path for _, _, path in ranked))[:FILES_MAX]

    @cached_property
    def siblings(self) -> tuple[str, ...]:
        """The files in the folder of this file."""
        folder = str(PurePosixPath(self._around.request.path).parent)
        return self._by_shared_imports(self._index.paths_in(folder))

    @cached_property
    def similar_names(self) -> tuple[str, ...]:
        """The files whose name has a part in common with this file's name."""
        parts = frozenset(parts_of_identifier(PurePosixPath(self._around.request.path).stem))
        return self._by_shared_imports(
            path
            for path in sorted(self._index.paths())
            if not parts.isdisjoint(parts_of_identifier(PurePosixPath(path).stem))
        )

    @cached_property
    def children(self) -> tuple[str, ...]:
        """The files with subclasses of the classes of this file."""
        names = [symbol.name for symbol in self._around.parsed.symbols if symbol.kind == "class"]
        return self._by_shared_imports(each.path for each in self._index.subclasses(names))

    def _by_shared_imports(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Sort files by what they import that this file imports: by the nearest such import, then by how
        many.
        """
        near_first = {path: rank for rank, path in enumerate(self.imported)}
        own = self._around.request.path
        ranked: list[tuple[int, int, str]] = []
        others = (path for path in dict.fromkeys(paths) if path != own and self._around.is_related(path))
        for path in tuple(others)[:LOOKED_INTO_MAX]:
            shared = [
                near_first[each] for each in self._imports_of(path) if each in near_first and each != path
            ]
            ranked.append((min(shared, default=len(near_first)), -len(shared), path))
        return tuple(path for _, _, path in sorted(ranked))[:FILES_MAX]

    def _imported_by(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the files that ``paths`` import, sorted by how many of ``paths`` import them."""
        counts = Counter(imported for path in paths for imported in set(self._imports_of(path)))
        counts.pop(self._around.request.path, None)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(path for path, _ in ranked)[:FILES_MAX]

    def _imports_of(self, path: str) -> tuple[str, ...]:
        if path not in self._resolved:
            language = self._around.request.language
            self._resolved[path] = tuple(
                file
                for statement in self._index.imports(path)
                for file in files_of_import(statement, path, language, self._index)
            )
        return self._resolved[path]
