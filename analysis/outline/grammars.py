"""The tree-sitter grammars, by LSP language id. Each grammar is loaded when it is first used."""

from functools import cache
from importlib import import_module

from tree_sitter import Language

_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "javascriptreact": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "typescriptreact": ("tree_sitter_typescript", "language_tsx"),
    "go": ("tree_sitter_go", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
}

LANGUAGES = frozenset(_GRAMMARS)


@cache
def grammar_of(language: str) -> Language | None:
    """Load the grammar of a language; None if there is none here."""
    if language not in _GRAMMARS:
        return None
    module, function = _GRAMMARS[language]
    capsule: object = getattr(import_module(module), function)()
    return Language(capsule)
