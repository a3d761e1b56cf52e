"""The LSP language id of a file by its name, and the languages that share code."""

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
    """Return the language id, or "plaintext" if the name's suffix is not known."""
    return LANGUAGE_OF_SUFFIX.get(PurePath(path).suffix.lower(), "plaintext")


_JAVASCRIPT = ("javascript", "javascriptreact", "typescript", "typescriptreact")
_C = ("c", "cpp")
_RELATED = {
    **dict.fromkeys((*_JAVASCRIPT, "astro", "svelte", "vue"), _JAVASCRIPT),
    **dict.fromkeys((*_C, "cuda-cpp", "objective-c", "objective-cpp"), _C),
}


def related_languages(language: str) -> tuple[str, ...]:
    """Return the languages whose code helps to complete code in ``language``: itself and its dialects."""
    return _RELATED.get(language, (language,))


def is_related(language: str, path: str, other: str) -> bool:
    """True if the file ``other`` is in a language related to that of a document in ``language`` at ``path``.

    For a language without an id here, the two suffixes are compared.
    """
    known = language_of(other)
    if known == "plaintext":
        return PurePath(path).suffix.lower() == PurePath(other).suffix.lower()
    return known in related_languages(language)
