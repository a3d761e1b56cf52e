"""The names that occur in a repository, to tell an identifier that exists from one that was made up."""

from functools import lru_cache
from pathlib import Path

from holesmith.evaluation.source_tree import source_files
from holesmith.evaluation.text_metrics import identifiers

REPOSITORIES_KEPT = 8


def declared_names(workspace: str | None, language: str) -> frozenset[str] | None:
    """Every identifier in the repository's files of that language; None if it is not on this machine."""
    if workspace is None or not Path(workspace).is_dir():
        return None
    return _names(workspace, language)


@lru_cache(REPOSITORIES_KEPT)
def _names(workspace: str, language: str) -> frozenset[str]:
    files = source_files(Path(workspace), language)
    return frozenset(word for file in files for word in identifiers(file.text, language))
