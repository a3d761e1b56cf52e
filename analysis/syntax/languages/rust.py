"""The rules of Rust."""

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, Quoted, kind_of_word, words
from holesmith.analysis.syntax.languages.literals import SLASH_COMMENTS

# A lone quote begins a lifetime, so only a whole character literal counts.
_CHARACTER = Quoted("b?'(?=(?:[^'\\\\\\r\\n]|\\\\[^\\r\\n]+?)')", r"(?:[^'\\\r\n]|\\[^\r\n])*+", "'")

RUST = LanguageRules(
    language="rust",
    layout="braces",
    comments=SLASH_COMMENTS,
    strings=(
        Quoted(r'b?r(?P<fence>\#*)"', r'(?:(?!"(?P=fence))[\s\S])*+', r'"(?P=fence)'),
        Quoted('b?"', r'(?:[^"\\]|\\[\s\S])*+', '"'),
        _CHARACTER,
    ),
    word=r"(?:r\#)?[^\W\d]\w*|'[^\W\d]\w*",
    assignments=words("= += -= *= /= %= &= |= ^= <<= >>="),
    member_operators=words(". ::"),
    postfix_operators=words("?"),
    other_operators=words("-> => && || << <= >= .. ... ..="),
    continuing_operators=words("+ * / % && || | & => ->"),
    word_operators=words("in"),
    prefix_words=words("else let mut ref move as"),
    statement_kinds=kind_of_word(
        {
            "import": "use",
            "return": "return",
            "condition": "if while match",
            "iteration": "for",
            "definition": "fn struct enum trait",
        }
    ),
    function_words=words("fn"),
    modifiers=words("async pub unsafe"),
    margin_words=words("fn pub use"),
    compound_words=words("if else for while loop match fn struct enum trait impl mod"),
    clause_words=words("else"),
    ends_behind_closers=words("; , { {}"),
    bracketed_headers=words("if while for"),
    import_style="rust",
    has_annotations=True,
)
