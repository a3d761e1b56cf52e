"""Snippets as comments before the prefix, or as code behind the suffix, for models that are not shown several
files in one prompt.
"""

from collections.abc import Iterable

from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.context.prompt.prompt import RepositoryFile


def as_comments(files: Iterable[RepositoryFile], language: str) -> str:
    """Every line behind the language's comment mark, each file under its path; empty without files."""
    mark = rules_of(language).line_comment
    lines: list[str] = []
    for file in files:
        lines.append(f"{mark} {file.path}:")
        lines.extend(f"{mark} {line}".rstrip() for line in file.code.splitlines())
    return "".join(f"{line}\n" for line in lines)


def as_appendix(files: Iterable[RepositoryFile], language: str) -> str:
    """Each file's code behind its path in a comment, in paragraphs of their own; empty without files."""
    return "".join(f"\n\n{heading_of(file, language)}\n{file.code}" for file in files)


def heading_of(file: RepositoryFile, language: str) -> str:
    """The line above a file's code; a model that writes it goes on with the prompt and not with the hole."""
    return f"{rules_of(language).line_comment} {file.path}"
