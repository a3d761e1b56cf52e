"""Go."""

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, words
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
    statement_kinds={
        "import": "import",
        "package": "import",
        "return": "return",
        "if": "condition",
        "switch": "condition",
        "for": "iteration",
        "func": "definition",
        "struct": "definition",
        "interface": "definition",
    },
    function_words=words("func"),
    margin_words=words("func import"),
    compound_words=words("if else for switch select case default func"),
    clause_words=words("else"),
    bracketed_headers=words("if for switch"),
    import_style="go",
)
