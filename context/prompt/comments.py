"""Snippets as comments before the prefix, or as code behind the suffix, for models that are not shown several
files in one prompt.
"""

from collections.abc import Iterable

from holesmith.context.prompt.prompt import RepositoryFile

HASH_LANGUAGES = frozenset(("python", "ruby", "shellscript", "yaml", "toml", "perl", "r", "makefile"))
DASH_LANGUAGES = frozenset(("lua", "sql", "haskell", "elm", "ada"))


def comment_mark(language: str) -> str:
    if language in HASH_LANGUAGES:
        return "#"
    return "--" if language in DASH_LANGUAGES else "//"


def as_comments(files: Iterable[RepositoryFile], language: str) -> str:
    """Every line behind the language's comment mark, each file under its path; empty without files."""
    mark = comment_mark(language)
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
    return f"{comment_mark(language)} {file.path}"
