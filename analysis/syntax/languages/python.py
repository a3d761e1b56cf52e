"""The rules of Python."""

from holesmith.analysis.syntax.languages.language_rules import LanguageRules, Quoted, kind_of_word, words
from holesmith.analysis.syntax.languages.literals import escaped, escaped_triple

_PREFIX = "(?i:br|rb|[bru])?"

PYTHON = LanguageRules(
    language="python",
    layout="indentation",
    line_comment="#",
    comments=(Quoted(r"\#", r"[^\r\n]*+", r"(?=[\r\n])"),),
    strings=(
        escaped_triple(_PREFIX, '"'),
        escaped_triple(_PREFIX, "'"),
        escaped(_PREFIX, '"'),
        escaped(_PREFIX, "'"),
    ),
    interpolated=r"(?i:fr|rf|tr|rt|f|t)(?:\"\"\"|'''|\"|')",
    ends_at_newline=True,
    assignments=words("= := += -= *= /= //= %= @= **= &= |= ^= <<= >>="),
    member_operators=words("."),
    other_operators=words("-> ** // << >> <= >= ..."),
    word_operators=words("and or not in is await if else"),
    prefix_words=words("as async case del lambda"),
    statement_kinds=kind_of_word(
        {
            "import": "import from",
            "return": "return yield",
            "condition": "if elif while assert match",
            "exception": "raise except",
            "with": "with",
            "iteration": "for",
            "definition": "def class",
        }
    ),
    function_words=words("def"),
    modifiers=words("async await"),
    statement_starts=words(
        "def class import return raise try with while pass break continue assert del"
        " elif except finally global nonlocal"
    ),
    soft_words=words("match case type"),
    margin_words=words("def class async from import"),
    compound_words=words("def class if elif else for while try except finally with async match case"),
    clause_words=words("else elif except finally"),
    ends_behind_closers=words(": ,"),
    import_style="python",
    has_annotations=True,
    has_decorators=True,
)
