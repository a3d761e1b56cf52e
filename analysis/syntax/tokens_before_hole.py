"""The tokens before a hole, cut at the bracket or the statement that the hole is in."""

from holesmith.analysis.syntax.excerpt import Excerpt, opens_block, significant_backwards
from holesmith.analysis.syntax.languages.language_rules import TERMINATOR, LanguageRules
from holesmith.analysis.syntax.lexer import Token
from holesmith.analysis.syntax.span import Span

_VALUE_ENDS = frozenset(("word", "string", "close"))


class TokensBeforeHole:
    """The tokens before the hole's word, cut into the pieces that the classification looks at."""

    def __init__(self, excerpt: Excerpt, stop: int) -> None:
        self.excerpt = excerpt
        self.rules = excerpt.rules
        self.tokens = excerpt.tokens
        self.stop = stop
        opens = [index for index in excerpt.open_tokens if index < stop]
        self.opener = opens[-1] if opens else None
        self.is_block = self.opener is not None and opens_block(excerpt.rules, self.tokens, self.opener)
        self.start = 0 if self.opener is None else self.opener + 1
        if self.opener is None or self.is_block:
            self.start = self._statement_start()

    @property
    def before(self) -> Token | None:
        """The token just before the hole, inside the same bracket and statement."""
        index = next(significant_backwards(self.tokens, self.stop), -1)
        return self.tokens[index] if index >= self.start else None

    def level(self) -> list[Token]:
        """The significant tokens of the statement, or since the bracket, but not inside closed brackets."""
        kept: list[Token] = []
        depth = 0
        for token in self.tokens[self.start : self.stop]:
            if token.kind == "close":
                depth = max(depth - 1, 0)
            if depth == 0 and token.kind not in ("newline", "comment"):
                kept.append(token)
            if token.kind == "open":
                depth += 1
        return kept

    def _statement_start(self) -> int:
        depth = 0
        floor = 0 if self.opener is None else self.opener + 1
        after: Token | None = None
        newlines = _LineEnds(self.tokens)
        for index in range(self.stop - 1, floor - 1, -1):
            token = self.tokens[index]
            if token.kind == "close":
                if depth == 0 and self._ends_statement(token, after):
                    return index + 1
                depth += 1
            elif token.kind == "open":
                depth -= 1
            elif depth == 0 and self._is_terminator(newlines, index, after):
                return index + 1
            if token.kind not in ("newline", "comment"):
                after = token
        return floor

    def _ends_statement(self, token: Token, after: Token | None) -> bool:
        """True for a brace that closed a block, if the next token does not continue its expression."""
        if token.text != "}" or self.excerpt.rules.layout != "braces":
            return False
        return after is None or after.kind in ("word", "string", "number") or after.text == "@"

    def _is_terminator(self, newlines: "_LineEnds", index: int, after: Token | None) -> bool:
        """True if the token at ``index`` ends a statement.

        ``after`` is the next significant token behind it.
        """
        token, rules = self.tokens[index], self.rules
        if token.kind != "newline":
            return token.text == TERMINATOR
        return rules.layout == "indentation" or (
            rules.ends_at_newline and newlines.end_statement(index, after)
        )


class _LineEnds:
    """The newlines that end a statement in languages with braces.

    They must be asked from the last to the first.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._before = len(tokens)

    def end_statement(self, index: int, after: Token | None) -> bool:
        """True if the newline at ``index`` ends a statement.

        ``after`` is the next significant token behind it.
        """
        if not (after is None or after.kind == "word"):
            return False
        if self._before >= index:  # else it is before this newline too
            self._before = next(significant_backwards(self._tokens, index), -1)
        return self._before >= 0 and self._tokens[self._before].kind in ("word", "number", "string", "close")


def expression_before(rules: LanguageRules, tokens: list[Token], stop: int, floor: int = 0) -> Span | None:
    """Return the postfix expression that ends before the token at ``stop``: ``a.b(c)[d]`` before its dot.

    None if there is none. No token before ``floor`` is looked at.
    """
    start = stop
    while True:
        index = next(significant_backwards(tokens, start), -1)
        if index < floor:
            break
        token = tokens[index]
        if token.kind == "close":
            opening = _opening(tokens, index, floor)
            if opening is None:
                break
            start = opening
            lead = next(significant_backwards(tokens, start), -1)
            if lead < floor or not _continues(rules, tokens, lead):
                break
            continue
        is_value = token.kind in ("word", "string", "number")
        is_link = token.text in rules.member_operators
        if not (is_value or is_link or token.text in rules.postfix_operators):
            break
        start = index
        lead = next(significant_backwards(tokens, start), -1)
        if is_value and (lead < floor or tokens[lead].text not in rules.member_operators):
            break
    if start == stop:
        return None
    last = next(significant_backwards(tokens, stop))
    return Span(tokens[start].start, tokens[last].stop)


def _continues(rules: LanguageRules, tokens: list[Token], index: int) -> bool:
    """True if the bracket behind the token at ``index`` goes on with an expression that the token ends."""
    token = tokens[index]
    if token.text in rules.member_operators:
        return True
    if token.text in rules.postfix_operators:  # not a prefix operator, and none with blanks around it
        return index > 0 and tokens[index - 1].kind in _VALUE_ENDS and _is_tight(tokens, index)
    return token.kind in ("word", "close", "string") and not is_word_before_value(rules, tokens, index)


def is_word_before_value(rules: LanguageRules, tokens: list[Token], index: int) -> bool:
    """True if the token at ``index`` is a keyword before a value.

    A bracket behind such a keyword makes neither a call nor a subscript. Behind a dot every word is a name. A
    word that is a keyword only in some places is a name, too, if the bracket follows it at once, as people
    write calls: ``re.match(x)``, ``match(x)`` but ``match (x)``.
    """
    token = tokens[index]
    if token.kind != "word" or token.text not in rules.words_before_value:
        return False
    if index and tokens[index - 1].text in rules.member_operators:
        return False
    is_bracket_next = index + 1 < len(tokens) and tokens[index + 1].start == token.stop
    return not (is_bracket_next and token.text in rules.soft_words)


def _is_tight(tokens: list[Token], index: int) -> bool:
    """True if no blank stands around the token at ``index``."""
    before, token, after = tokens[index - 1 : index + 2]
    return before.stop == token.start and token.stop == after.start


def _opening(tokens: list[Token], close: int, floor: int) -> int | None:
    depth = 0
    for index in range(close, floor - 1, -1):
        if tokens[index].kind == "close":
            depth += 1
        elif tokens[index].kind == "open":
            depth -= 1
            if depth == 0:
                return index
    return None
