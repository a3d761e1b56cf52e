"""Write snippets as comments before the prefix, or as code behind the suffix.

Both are for models that were not trained on prompts with several files.
"""

from collections.abc import Iterable

from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.context.prompt.prompt import RepositoryFile


def as_comments(files: Iterable[RepositoryFile], language: str) -> str:
    """Return the files as comments: each under its path, every line behind the language's comment mark.

    Empty without files.
    """
    mark = rules_of(language).line_comment
    lines: list[str] = []
    for file in files:
        lines.append(f"{mark} {file.path}:")
        lines.extend(f"{mark} {line}".rstrip() for line in file.code.splitlines())
    return "".join(f"{line}\n" for line in lines)


def as_appendix(files: Iterable[RepositoryFile], language: str) -> str:
    """Return the code of each file behind a comment with its path, in paragraphs; empty without files."""
    return "".join(f"\n\n{heading_of(file, language)}\n{file.code}" for file in files)


def heading_of(file: RepositoryFile, language: str) -> str:
    """Return the comment line above a file's code.

    A model that writes this line is continuing the prompt instead of filling the hole.
    """
    return f"{rules_of(language).line_comment} {file.path}"
