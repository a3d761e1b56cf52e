"""The protocol's language id of a file on disk, by its name."""

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
