"""The rules of C, C++ and C#."""

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, Quoted, kind_of_word, words
from holesmith.analysis.syntax.languages.literals import CHARACTER, DOUBLE, SLASH_COMMENTS, escaped, until

_WIDE = "(?:u8|[uUL])?"
_ASSIGNMENTS = words("= += -= *= /= %= &= |= ^= <<= >>=")
_OPERATORS = words("&& || ++ -- << <= >= ...")

C = LanguageRules(
    language="c",
    layout="braces",
    comments=SLASH_COMMENTS,
    strings=(escaped(_WIDE, '"'), escaped(_WIDE, "'")),
    assignments=_ASSIGNMENTS,
    member_operators=words(". ->"),
    other_operators=_OPERATORS,
    prefix_words=words("case else do"),
    statement_kinds=kind_of_word(
        {
            "return": "return",
            "condition": "if while switch",
            "iteration": "for",
            "definition": "struct enum",
        }
    ),
    modifiers=words("static"),
    compound_words=words("if else for while do switch case default"),
    clause_words=words("else while"),
    bracketed_headers=words("if while for switch"),
    import_style="include",
)
CPP = LanguageRules(
    language="cpp",
    layout="braces",
    comments=SLASH_COMMENTS,
    strings=(
        Quoted(_WIDE + r'R"(?P<fence>[^()\\\s]{0,16})\(', r'(?:(?!\)(?P=fence)")[\s\S])*+', r'\)(?P=fence)"'),
        escaped(_WIDE, '"'),
        escaped(_WIDE, "'"),
    ),
    assignments=_ASSIGNMENTS,
    member_operators=words(". -> ::"),
    other_operators=_OPERATORS | words("<=>"),
    word_operators=words("and or not new delete"),
    prefix_words=words("case else do"),
    statement_kinds=kind_of_word(
        {
            "import": "import using",
            "return": "return",
            "condition": "if while switch",
            "exception": "throw catch",
            "iteration": "for",
            "definition": "class struct enum",
        }
    ),
    modifiers=words("export static"),
    soft_words=words("import"),
    margin_words=words("class import export"),
    compound_words=words("if else for while do switch case default try catch class"),
    clause_words=words("else catch while"),
    bracketed_headers=words("if while for switch catch"),
    import_style="include",
)
CSHARP = LanguageRules(
    language="csharp",
    layout="braces",
    comments=SLASH_COMMENTS,
    strings=(until('"""', '"""'), Quoted('@"', r'(?:[^"]|"")*+', '"'), DOUBLE, CHARACTER),
    interpolated=r'\$@"|@\$"|\$"',
    word=r"@?[^\W\d]\w*",
    assignments=_ASSIGNMENTS | words(">>>= ??="),
    member_operators=words(". ?. -> ::"),
    postfix_operators=words("? !"),
    other_operators=_OPERATORS - words("...") | words("=> ?? .."),
    word_operators=words("and or not in is as await new typeof"),
    prefix_words=words("case else do when"),
    statement_kinds=kind_of_word(
        {
            "import": "using",
            "return": "return",
            "condition": "if while switch",
            "exception": "throw catch",
            "iteration": "for foreach",
            "definition": "class struct interface enum",
        }
    ),
    modifiers=words("public private protected internal static async await"),
    soft_words=words("and or not when"),
    margin_words=words("class public"),
    compound_words=words("if else for foreach while do switch case default try catch finally class"),
    clause_words=words("else catch finally while"),
    bracketed_headers=words("if while for foreach switch catch"),
    import_style="csharp",
)
