"""The rules of Go."""

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, kind_of_word, words
from holesmith.analysis.syntax.languages.literals import CHARACTER, DOUBLE, SLASH_COMMENTS, until

GO = LanguageRules(
    language="go",
    layout="braces",
    comments=SLASH_COMMENTS,
    strings=(until("`", "`"), DOUBLE, CHARACTER),
    ends_at_newline=True,
    assignments=words("= := += -= *= /= %= &= |= ^= &^= <<= >>="),
    member_operators=words("."),
    other_operators=words("&& || ++ -- << >> <= >= ... &^ <-"),
    prefix_words=words("case else range go defer"),
    statement_kinds=kind_of_word(
        {
            "import": "import package",
            "return": "return",
            "condition": "if switch",
            "iteration": "for",
            "definition": "func struct interface",
        }
    ),
    function_words=words("func"),
    margin_words=words("func import"),
    compound_words=words("if else for switch select case default func"),
    clause_words=words("else"),
    bracketed_headers=words("if for switch"),
    import_style="go",
    has_composite_literals=True,
)
