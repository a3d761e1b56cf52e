"""The rules of JavaScript and TypeScript, with JSX or without."""

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, kind_of_word, words
from holesmith.analysis.syntax.languages.literals import DOUBLE, SLASH_COMMENTS, escaped


def _ecmascript(language: str, *, is_typed: bool) -> LanguageRules:
    return LanguageRules(
        language=language,
        layout="braces",
        comments=SLASH_COMMENTS,
        strings=(DOUBLE, escaped("", "'")),
        interpolated="`",
        has_regex_literals=True,
        ends_at_newline=True,
        assignments=words("= += -= *= /= %= **= &= |= ^= <<= >>= >>>= &&= ||= ??="),
        equalities=words("== != === !=="),
        member_operators=words(". ?."),
        postfix_operators=words("!") if is_typed else frozenset(),
        other_operators=words("=> ** && || ?? ++ -- << <= >= ..."),
        word_operators=words("in instanceof typeof new await delete void"),
        prefix_words=words("of case else do let const var extends" + " as satisfies" * is_typed),
        statement_kinds=kind_of_word(
            {
                "import": "import from",
                "return": "return yield",
                "condition": "if while switch",
                "exception": "throw catch",
                "iteration": "for",
                "definition": "class function interface enum",
            }
        ),
        function_words=words("function"),
        modifiers=words("async await export default public private protected static"),
        soft_words=words("of as satisfies from interface"),
        margin_words=words("class import export function async"),
        compound_words=words("if else for while do switch case default try catch finally class"),
        clause_words=words("else catch finally while"),
        bracketed_headers=words("if while for switch catch"),
        import_style="ecmascript",
        has_annotations=is_typed,
        has_decorators=True,
    )


JAVASCRIPT = _ecmascript("javascript", is_typed=False)
JAVASCRIPT_REACT = _ecmascript("javascriptreact", is_typed=False)
TYPESCRIPT = _ecmascript("typescript", is_typed=True)
TYPESCRIPT_REACT = _ecmascript("typescriptreact", is_typed=True)
