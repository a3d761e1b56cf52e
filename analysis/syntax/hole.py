"""The construct at the hole: the kind of thing that is missing, and the code that says more about it.

The tokens before the cursor tell the construct; half-written code cannot confuse them as it confuses a
parser. The innermost construct counts: in ``return f(a, ‸`` the hole is argument 1 of ``f``, in ``return
f(a).‸`` an attribute of ``f(a)``.
"""

from dataclasses import dataclass
from typing import Literal

from holesmith.analysis.syntax.excerpt import Excerpt, significant_backwards
from holesmith.analysis.syntax.languages.language_rules import LanguageRules
from holesmith.analysis.syntax.lexer import Token
from holesmith.analysis.syntax.span import Span
from holesmith.analysis.syntax.tokens_before_hole import (
    TokensBeforeHole,
    expression_before,
    is_word_before_value,
)

HoleKind = Literal[
    "annotation",
    "argument",
    "attribute",
    "base",
    "comment",
    "condition",
    "decorator",
    "definition",
    "element",
    "exception",
    "import",
    "interpolation",
    "iteration",
    "parameter",
    "return",
    "right_hand_side",
    "statement",
    "string",
    "subscript",
    "unknown",
    "with",
]


@dataclass(frozen=True, slots=True)
class Hole:
    """The construct at the cursor. All spans are offsets in the prefix.

    ``word`` is the identifier begun before the cursor, empty if none. ``subject`` is the expression that the
    hole depends on: the receiver before the dot, the callee of an argument, the container of a subscript, the
    target of a right-hand side or annotation. ``argument`` counts from 0; ``keyword`` is the name in
    ``f(name=‸``. ``operator`` is the operator just before the hole, as in ``a + ‸``. For a string,
    ``enclosing`` is the kind of hole that the whole literal stands in, and the other fields belong to that
    kind.
    """

    kind: HoleKind
    word: Span
    subject: Span | None = None
    argument: int | None = None
    keyword: str | None = None
    operator: str | None = None
    enclosing: HoleKind | None = None


_NOT_OPERATORS = frozenset((":", ",", ";", "->", "=>", "@", ".", "..."))  # besides assignments


def hole_of(excerpt: Excerpt) -> Hole:
    """Return the construct that the hole is in. Never fails: an unclear one is "unknown" or "statement"."""
    literal = excerpt.open_literal
    end = len(excerpt.prefix)
    if literal and literal.kind == "comment":
        return Hole("comment", Span(end, end))
    count = len(excerpt.tokens)
    if literal:
        around = _classify(TokensBeforeHole(excerpt, count - 1), Span(end, end))
        return Hole(
            "string",
            Span(end, end),
            around.subject,
            around.argument,
            around.keyword,
            around.operator,
            around.kind,
        )
    last = excerpt.tokens[-1] if count else None
    if last and last.kind == "word" and last.stop == end:
        return _classify(TokensBeforeHole(excerpt, count - 1), Span(last.start, end))
    if last and last.kind == "number" and last.stop == end:
        return Hole("unknown", Span(last.start, end))
    return _classify(TokensBeforeHole(excerpt, count), Span(end, end))


def _classify(view: TokensBeforeHole, word: Span) -> Hole:
    before = view.before
    level = view.level()
    first = next((token.text for token in level if token.text not in view.rules.modifiers), "")
    if _is_import(view, level, first):
        return Hole("import", word)
    if before and before.text in view.rules.member_operators:
        dot = next(significant_backwards(view.tokens, view.stop))
        return Hole("attribute", word, expression_before(view.rules, view.tokens, dot, view.start))
    if view.opener is None or view.is_block:
        return _in_statement(view, level, first, word)
    return _in_brackets(view, level, word)


def _is_import(view: TokensBeforeHole, level: list[Token], first: str) -> bool:
    words = [token.text for token in level]
    if view.rules.language == "python":
        opener = view.opener
        if opener is not None and view.tokens[opener].text == "(":
            return opener > 0 and view.tokens[opener - 1].text == "import"
        return bool(words) and words[0] in ("import", "from")
    if words[:1] == ["#"]:
        return words[1:2] == ["include"]
    is_import = view.rules.statement_kinds.get(first) == "import"
    return is_import and (words[0] == first or words[0] in view.rules.modifiers)


def _operator(rules: LanguageRules, before: Token | None) -> str | None:
    if before is None:
        return None
    is_other_sign = before.text in _NOT_OPERATORS or before.text in rules.assignments
    is_sign = before.kind == "operator" and not is_other_sign
    return before.text if is_sign or before.text in rules.word_operators else None


def _last_assignment(rules: LanguageRules, level: list[Token]) -> int | None:
    return next((i for i in range(len(level) - 1, -1, -1) if level[i].text in rules.assignments), None)


def _in_statement(view: TokensBeforeHole, level: list[Token], first: str, word: Span) -> Hole:
    level, first = _behind_header(view, level, first)
    rules = view.rules
    operator = _operator(rules, view.before if level else None)
    if not level:
        return Hole("statement", word)
    if level[0].text == "@" and rules.has_decorators:
        return Hole("decorator", word)
    annotation = _annotation(view, level, first, word)
    if annotation:
        return annotation
    assignment = _last_assignment(rules, level)
    if assignment is not None and level[assignment] is not level[0]:
        target = Span(level[0].start, level[assignment - 1].stop)
        return Hole("right_hand_side", word, target, operator=operator)
    kind = rules.statement_kinds.get(first)
    if kind == "definition":
        return Hole("definition" if len(level) < 3 else "unknown", word)
    if kind == "iteration" and not any(token.text in ("in", "of") for token in level):
        return Hole("definition", word)
    if kind:
        return Hole(kind, word, operator=operator)
    return Hole("unknown", word, operator=operator)


def _behind_header(view: TokensBeforeHole, level: list[Token], first: str) -> tuple[list[Token], str]:
    """Skip the header of a compound statement: in ``if x: y = ‸`` the statement behind the colon counts."""
    if view.rules.language != "python" or first not in view.rules.compound_words:
        return level, first
    colon = next((i for i, token in enumerate(level) if token.text == ":" and not _in_lambda(level, i)), None)
    if colon is None:
        return level, first
    rest = level[colon + 1 :]
    return rest, rest[0].text if rest else ""


def _in_lambda(level: list[Token], colon: int) -> bool:
    return any(token.text == "lambda" for token in level[:colon])


def _annotation(view: TokensBeforeHole, level: list[Token], first: str, word: Span) -> Hole | None:
    before = level[-1]
    if before.text == "->" and first in view.rules.function_words:
        return Hole("annotation", word)
    if view.rules.has_annotations and before.text == ":":
        names = level[:-1]
        if (
            first not in view.rules.compound_words
            and not _in_lambda(level, len(level))
            and all(t.kind == "word" or t.text == "." for t in names)
        ):
            return Hole("annotation", word, Span(names[0].start, names[-1].stop)) if names else None
    return None


def _in_brackets(view: TokensBeforeHole, level: list[Token], word: Span) -> Hole:
    opener = view.opener
    assert opener is not None
    token = view.tokens[opener]
    operator = _operator(view.rules, view.before)
    if token.is_interpolation:
        return Hole("interpolation", word, operator=operator)
    subject = expression_before(view.rules, view.tokens, opener)
    lead = view.tokens[opener - 1] if opener else None
    is_applied = lead is not None and (lead.kind in ("word", "close", "string") and subject is not None)
    if lead and is_word_before_value(view.rules, view.tokens, opener - 1):
        if lead.text in view.rules.bracketed_headers:
            return Hole(view.rules.statement_kinds[lead.text], word, operator=operator)
        is_applied = False
    if token.text == "(" and is_applied:
        return _in_parentheses(view, level, word, subject, operator)
    if token.text == "[" and is_applied:
        return Hole("subscript", word, subject, operator=operator)
    commas = sum(1 for each in level if each.text == ",")
    return Hole("element", word, argument=commas, operator=operator)


def _in_parentheses(
    view: TokensBeforeHole, level: list[Token], word: Span, subject: Span | None, operator: str | None
) -> Hole:
    definition = _definition_word(view)
    commas = [i for i, each in enumerate(level) if each.text == ","]
    current = level[commas[-1] + 1 :] if commas else level
    if definition == "class" and view.rules.language == "python":
        return Hole("base", word, subject)
    names = [each.text for each in current]
    if definition:
        if len(names) >= 2 and ":" in names:
            has_default = "=" in names
            kind: HoleKind = "right_hand_side" if has_default else "annotation"
            return Hole(
                kind, word, Span(current[0].start, current[names.index(":") - 1].stop), operator=operator
            )
        return Hole("right_hand_side" if "=" in names else "parameter", word, argument=len(commas))
    keyword = names[0] if len(names) >= 2 and names[1] == "=" else None
    return Hole("argument", word, subject, len(commas), keyword, operator)


def _definition_word(view: TokensBeforeHole) -> str | None:
    """Return the keyword of the definition whose parameters or bases the hole is in; None outside of one."""
    assert view.opener is not None
    for index in range(view.opener - 1, max(view.opener - 4, -1), -1):
        text = view.tokens[index].text
        if text in view.rules.function_words or text == "class":
            return text
        if view.tokens[index].kind != "word":
            break
    return None
