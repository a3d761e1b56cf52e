"""Finding only source files in the project's directories, as the worker's import machinery is asked to
look there.

jedi resolves imports with Python's own finders, which prefer an extension module to the source beside
it. jedi then refuses to load the extension, and the module would be lost. With this hook extensions
outside the interpreter's own directories do not exist, so none can be loaded either.
"""

import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path


def find_only_sources_elsewhere() -> None:
    """For the worker process, once, after its own imports. Directories on its own search path are left
    alone.
    """
    own = tuple(Path(entry).resolve() for entry in sys.path if entry)
    sources_of = FileFinder.path_hook((SourceFileLoader, SOURCE_SUFFIXES))

    def hook(entry: str) -> FileFinder:
        path = Path(entry).resolve()
        if any(path.is_relative_to(directory) for directory in own):
            raise ImportError(f"{entry} is left to the other hooks")
        finder = sources_of(entry)
        assert isinstance(finder, FileFinder)
        return finder

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
