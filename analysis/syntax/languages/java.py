"""The rules of Java."""

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, kind_of_word, words
from holesmith.analysis.syntax.languages.literals import CHARACTER, DOUBLE, SLASH_COMMENTS, escaped_triple

JAVA = LanguageRules(
    language="java",
    layout="braces",
    comments=SLASH_COMMENTS,
    strings=(escaped_triple("", '"'), DOUBLE, CHARACTER),
    assignments=words("= += -= *= /= %= &= |= ^= <<= >>= >>>="),
    member_operators=words(". ::"),
    other_operators=words("-> && || ++ -- << <= >= ..."),
    word_operators=words("instanceof new"),
    prefix_words=words("case else do"),
    statement_kinds=kind_of_word(
        {
            "import": "import package",
            "return": "return yield",
            "condition": "if while assert switch",
            "exception": "throw catch",
            "iteration": "for",
            "definition": "class interface enum",
        }
    ),
    modifiers=words("public private protected static final abstract"),
    soft_words=words("yield"),
    margin_words=words("class import public"),
    compound_words=words("if else for while do switch case default try catch finally class"),
    clause_words=words("else catch finally while"),
    bracketed_headers=words("if while for switch catch"),
    import_style="java",
    has_decorators=True,
)
