"""Rules for languages without rules of their own: brackets, indentation and what most languages share."""

from dataclasses import replace

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, kind_of_word, words

PLAIN = LanguageRules(
    language="plaintext",
    layout="indentation",
    assignments=words("= := += -= *= /= //= %= @= **= &= |= ^= &^= <<= >>= >>>= &&= ||= ??="),
    equalities=words("== != === !=="),
    member_operators=words(". ?."),
    postfix_operators=words("? !"),
    other_operators=words("-> => :: ** // && || ?? << <= >= ... ++ --"),
    word_operators=words("and or not in is await instanceof typeof new else if"),
    statement_kinds=kind_of_word(
        {
            "import": "import from use using package",
            "return": "return yield",
            "condition": "if elif while assert switch match",
            "exception": "raise throw except catch",
            "with": "with",
            "iteration": "for",
            "definition": "def class fn func function struct interface enum",
        }
    ),
    function_words=words("def fn func function"),
    modifiers=words("async await export pub public private protected static final"),
    statement_starts=words("def class import return raise try with while pass break continue assert del"),
    soft_words=words("match case type"),
    margin_words=words("def class async from import func fn pub public function export"),
    compound_words=words("def class if elif else for while try except finally with async match case"),
    clause_words=words("else elif except finally"),
    bracketed_headers=words("if while for switch catch with"),
)
UNKNOWN = (
    PLAIN,
    *(
        replace(PLAIN, language=language, line_comment=line_comment)
        for line_comment, languages in (
            ("#", "ruby shellscript yaml toml perl r makefile"),
            ("--", "lua sql haskell elm ada"),
        )
        for language in languages.split()
    ),
)
"""Rules for languages of which only the mark of comments is known."""
