"""The frame of a hole: the brackets and literals open around it, and the columns of its block.

A frame is made once for a hole. ``walk`` then yields the tokens of a middle in that frame, and ends where the
suffix already has the next token.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from holesmith.analysis.syntax.auto_closed import AutoClosed
from holesmith.analysis.syntax.brackets import unmatched_closers, unowned_brackets
from holesmith.analysis.syntax.excerpt import (
    Excerpt,
    indentation,
    line_start,
    opens_block,
    significant_backwards,
)
from holesmith.analysis.syntax.languages.language_rules import CLOSER_OF, LanguageRules
from holesmith.analysis.syntax.lexer import Token, tokenize, tokens_of

# The closing brackets that are read of a suffix at most.
CLOSERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Bracket:
    """An open bracket. ``is_block`` is True if statements stand in it."""

    opener: str
    is_block: bool


@dataclass(frozen=True, slots=True)
class HoleFrame:
    """The facts about the text around a hole that a middle has to fit.

    ``unowned`` are the brackets opened before the hole without a closer behind it, outermost first. ``lead``
    is the last token before the hole, "" at the beginning of the file. ``open_literal`` is the text of the
    string or comment that the hole is in, and ``closing_quote`` is not empty if the suffix closes that
    string. ``statement_column`` is the indentation of the statement that the hole is in; ``header_column``
    that of the compound statement that ended just before the hole and still lacks its block.
    ``is_fresh_line`` is True if the hole begins a statement, on a line that is still empty. ``auto_closed``
    are the closing marks behind the hole that count as absent; their brackets are the last of ``unowned``.
    """

    rules: LanguageRules
    open_literal: str
    closing_quote: str
    unowned: tuple[Bracket, ...]
    lead: str
    line: str
    is_fresh_line: bool
    statement_column: int
    header_column: int | None
    auto_closed: AutoClosed | None = None


def hole_frame_of(excerpt: Excerpt, auto_closed: AutoClosed | None = None) -> HoleFrame:
    """Make the frame of a hole.

    ``auto_closed`` are the closing marks behind the hole that count as absent.
    """
    literal = excerpt.open_literal
    open_literal = literal.text if literal else ""
    is_in_brackets = any(not _bracket(excerpt, index).is_block for index in excerpt.open_tokens)
    return HoleFrame(
        excerpt.rules,
        open_literal,
        closing_quote(excerpt) if auto_closed is None else "",
        tuple(_bracket(excerpt, index) for index in unowned_openers(excerpt, auto_closed)),
        next(
            (excerpt.tokens[i].text for i in significant_backwards(excerpt.tokens, len(excerpt.tokens))), ""
        ),
        excerpt.line,
        not (excerpt.line.strip() or is_in_brackets or literal),
        _statement_column(excerpt),
        header_column(excerpt),
        auto_closed,
    )


def unowned_openers(excerpt: Excerpt, auto_closed: AutoClosed | None = None) -> list[int]:
    """Return the indices of the prefix's tokens that open a bracket which nothing behind the hole closes."""
    if not excerpt.open_tokens:
        return []
    literal = excerpt.open_literal if auto_closed is None else None
    suffix = excerpt.suffix[len(auto_closed.text) :] if auto_closed else excerpt.suffix
    held = auto_closed.brackets if auto_closed else ()
    behind = tokens_of(excerpt.rules, (literal.text if literal else "") + suffix)
    if literal:
        next(behind, None)
    closers = unmatched_closers(excerpt.rules, behind, CLOSERS_MAX)
    others = excerpt.open_tokens[: len(excerpt.open_tokens) - len(held)]
    openers = [excerpt.tokens[index].text for index in others]
    unowned = unowned_brackets(openers, closers, is_excerpt=excerpt.is_cut)
    return [*(others[index] for index in unowned), *reversed(held)]


def _bracket(excerpt: Excerpt, index: int) -> Bracket:
    return Bracket(excerpt.tokens[index].text, opens_block(excerpt.rules, excerpt.tokens, index))


def walk(frame: HoleFrame, middle: str) -> Iterator[tuple[Token, list[Bracket] | None]]:
    """Yield each token of the middle, with its span in the middle, and the brackets open behind the token.

    None in place of brackets means: this token closes what the suffix closes already, and the walk ends. The
    first token may begin before the middle, at a negative offset, if it continues the literal that the hole
    is in.
    """
    shift = len(frame.open_literal)
    tokens = tokenize(frame.rules, frame.open_literal + middle)
    brackets = list(frame.unowned)
    for index, unshifted in enumerate(tokens):
        token = unshifted._replace(start=unshifted.start - shift, stop=unshifted.stop - shift)
        if index == 0 and frame.closing_quote and token.is_closed:
            yield (
                token._replace(stop=max(token.stop - len(frame.closing_quote), 0), is_closed=False),
                brackets,
            )
            yield token, None
            return
        if token.kind == "open":
            brackets.append(Bracket(token.text, opens_block(frame.rules, tokens, index, frame.lead)))
        elif token.kind == "close" and not _close(brackets, token.text):
            yield token, None
            return
        yield token, brackets


def _close(brackets: list[Bracket], closer: str) -> bool:
    for depth in range(len(brackets) - 1, -1, -1):
        if CLOSER_OF[brackets[depth].opener] == closer:
            del brackets[depth:]
            return True
    return False


def closing_quote(excerpt: Excerpt) -> str:
    """Return the quote that closes the literal at the hole, if the suffix has it; else "".

    The suffix has it if it stands on the same line, or if every later literal is then well formed.
    """
    literal = excerpt.open_literal
    if literal is None or literal.kind != "string":
        return ""
    behind = tokenize(excerpt.rules, literal.text + excerpt.suffix)
    if not behind or behind[0].kind != "string" or not behind[0].is_closed:
        return ""
    quote = quote_of(literal.text)
    is_one_line = len(quote) == 1 and quote != "`"
    return quote if is_one_line or all(token.is_closed for token in behind if token.kind == "string") else ""


def quote_of(literal: str) -> str:
    """Return the quotation mark behind the prefix of a literal; "" for a piece of a template."""
    position = next((index for index, character in enumerate(literal) if character in "\"'`"), None)
    if position is None:
        return ""
    mark = literal[position]
    return mark * 3 if literal.startswith(mark * 3, position) else mark


def _statement_column(excerpt: Excerpt) -> int:
    """Return the indentation of the line on which the hole's statement began."""
    brackets = [
        excerpt.tokens[index]
        for index in excerpt.open_tokens
        if not opens_block(excerpt.rules, excerpt.tokens, index)
    ]
    literal = excerpt.open_literal
    first = brackets[0].start if brackets else literal.start if literal else len(excerpt.prefix)
    return indentation(excerpt.prefix, line_start(excerpt.prefix, first))


def header_column(excerpt: Excerpt) -> int | None:
    """Return the column of the compound statement whose block is still missing at the hole.

    None if there is none, or in a language without Python's layout. Comments and a docstring do not count as
    the block.
    """
    tokens = excerpt.tokens
    if excerpt.rules.layout != "indentation" or excerpt.open_tokens or excerpt.open_literal:
        return None
    colon = next(significant_backwards(tokens, len(tokens)), None)
    if colon is not None and _is_docstring(tokens, colon):
        colon = next(significant_backwards(tokens, colon), None)
    if colon is None or tokens[colon].text != ":":
        return None
    first = first_of_line(tokens, colon)
    if tokens[first].text not in excerpt.rules.compound_words:
        return None
    return indentation(excerpt.prefix, line_start(excerpt.prefix, tokens[first].start))


def _is_docstring(tokens: list[Token], index: int) -> bool:
    is_last_on_line = index + 1 < len(tokens) and tokens[index + 1].kind == "newline"
    return (
        tokens[index].kind == "string"
        and is_last_on_line
        and index > 0
        and tokens[index - 1].kind == "newline"
    )


def first_of_line(tokens: list[Token], index: int) -> int:
    """Return the index of the first token of the logical line that the token at ``index`` is on."""
    depth = 0
    while index > 0:
        before = tokens[index - 1]
        if before.kind == "close":
            depth += 1
        elif before.kind == "open":
            if depth == 0:
                break
            depth -= 1
        elif before.kind == "newline" and depth == 0:
            break
        index -= 1
    return index
