"""The protocol's language id of a file on disk, by its name; and which languages share code."""

from pathlib import PurePath

LANGUAGE_OF_SUFFIX = {
    ".py": "python",
    ".pyi": "python",
    ".java": "java",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascriptreact",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "typescriptreact",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hh": "cpp",
    ".hpp": "cpp",
    ".cs": "csharp",
}


def language_of(path: str) -> str:
    """The language id, or "plaintext" for a name that tells nothing."""
    return LANGUAGE_OF_SUFFIX.get(PurePath(path).suffix.lower(), "plaintext")


_JAVASCRIPT = ("javascript", "javascriptreact", "typescript", "typescriptreact")
_C = ("c", "cpp")
_RELATED = {
    **dict.fromkeys((*_JAVASCRIPT, "astro", "svelte", "vue"), _JAVASCRIPT),
    **dict.fromkeys((*_C, "cuda-cpp", "objective-c", "objective-cpp"), _C),
}


def related_languages(language: str) -> tuple[str, ...]:
    """The languages whose code says something about code in ``language``: itself and its dialects."""
    return _RELATED.get(language, (language,))


def is_related(language: str, path: str, other: str) -> bool:
    """Whether the file ``other`` is in a language related to that of a document in ``language`` at ``path``.

    A language that has no id here is told by the end of the name.
    """
    known = language_of(other)
    if known == "plaintext":
        return PurePath(path).suffix.lower() == PurePath(other).suffix.lower()
    return known in related_languages(language)
