"""The list of known languages. To add one, write its rules in a file of this folder and list them here."""

from holesmith.analysis.syntax.languages.c_family import CPP, CSHARP, C
from holesmith.analysis.syntax.languages.ecmascript import (
    JAVASCRIPT,
    JAVASCRIPT_REACT,
    TYPESCRIPT,
    TYPESCRIPT_REACT,
)
from holesmith.analysis.syntax.languages.go import GO
from holesmith.analysis.syntax.languages.java import JAVA
from holesmith.analysis.syntax.languages.language_rules import LanguageRules
from holesmith.analysis.syntax.languages.python import PYTHON
from holesmith.analysis.syntax.languages.rust import RUST
from holesmith.analysis.syntax.languages.unknown import PLAIN, UNKNOWN

RULES: tuple[LanguageRules, ...] = (
    PYTHON,
    JAVA,
    JAVASCRIPT,
    JAVASCRIPT_REACT,
    TYPESCRIPT,
    TYPESCRIPT_REACT,
    GO,
    RUST,
    C,
    CPP,
    CSHARP,
)
"""The languages whose grammar is known."""
_RULES_OF = {rules.language: rules for rules in (*RULES, *UNKNOWN)}


def rules_of(language: str) -> LanguageRules:
    """Return the rules of an LSP language id; ``PLAIN`` for an unknown id."""
    return _RULES_OF.get(language, PLAIN)
