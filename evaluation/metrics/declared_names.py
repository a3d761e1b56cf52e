"""The names that occur in a repository, to tell an identifier that exists from an invented one."""

import builtins
from functools import lru_cache
from pathlib import Path

from holesmith.evaluation.metrics.text_metrics import identifiers
from holesmith.evaluation.source_tree import source_files

# The number of repositories whose names are cached.
REPOSITORIES_KEPT = 8


def declared_names(workspace: str | None, language: str) -> frozenset[str] | None:
    """Return every identifier in the repository's files of that language, and the language's builtins.

    None if the repository is not on this machine.
    """
    if workspace is None or not Path(workspace).is_dir():
        return None
    return _names(workspace, language)


@lru_cache(REPOSITORIES_KEPT)
def _names(workspace: str, language: str) -> frozenset[str]:
    files = source_files(Path(workspace), language)
    built_in = dir(builtins) if language == "python" else ()
    return frozenset((*built_in, *(word for file in files for word in identifiers(file.text, language))))
