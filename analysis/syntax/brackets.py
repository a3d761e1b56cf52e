"""The brackets that are open at the cursor, and those of them that the text behind the cursor already closes.

Half-written code leaves brackets open for ever. Two rules keep one forgotten bracket from spoiling the rest:
a closing bracket also closes everything opened inside it, and in Python a keyword that can only begin a
statement, at the start of a line, closes everything.
"""

from collections.abc import Iterable, Sequence

from holesmith.analysis.syntax.languages.language_rules import CLOSER_OF, LanguageRules
from holesmith.analysis.syntax.lexer import Token


def open_brackets(rules: LanguageRules, tokens: Sequence[Token]) -> list[int]:
    """Return the indices of the tokens that opened the brackets still open at the end, outermost first."""
    stack: list[int] = []
    first = 0
    if rules.statement_starts:  # a bracket still open where a statement begins was never closed
        starts = (index for index in range(len(tokens) - 1, 0, -1) if _begins_statement(rules, tokens, index))
        first = next(starts, 0)
    for index in range(first, len(tokens)):
        kind = tokens[index].kind
        if kind == "open":
            stack.append(index)
        elif kind == "close":
            _close(tokens, stack, tokens[index].text)
    return stack


def closers_of(openers: Sequence[str]) -> str:
    """Return the marks that close brackets, which are given outermost first."""
    return "".join(CLOSER_OF[opener] for opener in reversed(openers))


def _begins_statement(rules: LanguageRules, tokens: Sequence[Token], index: int) -> bool:
    return _is_statement_start(rules, tokens[index - 1] if index else None, tokens[index])


def _is_statement_start(rules: LanguageRules, before: Token | None, token: Token) -> bool:
    """True if this keyword at the beginning of a line can only begin a statement."""
    is_keyword = token.kind == "word" and token.text in rules.statement_starts
    return is_keyword and before is not None and before.kind == "newline"


def _close(tokens: Sequence[Token], stack: list[int], closer: str) -> None:
    for depth in range(len(stack) - 1, -1, -1):
        if CLOSER_OF[tokens[stack[depth]].text] == closer:
            del stack[depth:]
            return


def unmatched_closers(rules: LanguageRules, tokens: Iterable[Token], limit: int) -> list[str]:
    """Return the closing brackets whose opening bracket stands before these tokens, innermost first.

    At most ``limit`` are returned, and no more tokens are read than that needs.
    """
    closers: list[str] = []
    stack: list[str] = []
    before: Token | None = None
    for token in tokens:
        if len(closers) >= limit:
            break
        if token.kind == "open":
            stack.append(CLOSER_OF[token.text])
        elif token.kind == "close":
            if token.text in stack:
                while stack.pop() != token.text:
                    pass
            else:
                closers.append(token.text)
        elif _is_statement_start(rules, before, token):
            break
        before = token
    return closers


def unowned_brackets(
    openers: Sequence[str], closers: Sequence[str], *, is_excerpt: bool = False
) -> list[int]:
    """Return the indices of the open brackets that the suffix does not close, so that the middle has to.

    ``openers`` are given outermost first, ``closers`` innermost first. The suffix's closers belong to the
    outermost brackets that they fit, because an editor that did not close a bracket left the innermost one
    open. In an excerpt of a file, whose outermost closers are cut off, they belong to the innermost.
    """
    step = -1 if is_excerpt else 1
    remaining = list(closers)[::-step]
    unowned: list[int] = []
    for index in range(len(openers))[::step]:
        fitting = CLOSER_OF[openers[index]]
        if fitting in remaining:
            del remaining[: remaining.index(fitting) + 1]
        else:
            unowned.append(index)
    return unowned[::step]
