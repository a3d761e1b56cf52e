"""What is known of a language's grammar: its tokens, and what its keywords and operators mean.

Rules are data only, and the one place for such facts: whoever needs one reads it here. A set that is empty
says that the language has nothing of the kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

Layout = Literal["indentation", "braces"]
StatementKind = Literal["condition", "definition", "exception", "import", "iteration", "return", "with"]
"""What a keyword at the beginning of a statement makes of the hole behind it."""
ImportStyle = Literal["csharp", "ecmascript", "go", "include", "java", "python", "rust"]
"""How an import is written, and which files its module's name means."""

CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
OPENERS = "".join(CLOSER_OF)
CLOSERS = "".join(CLOSER_OF.values())
TERMINATOR = ";"
"""Ends a statement in every language."""


class Quoted(NamedTuple):
    """A literal or comment as three patterns; without its closer it reaches as far as its body does."""

    opener: str
    body: str
    closer: str


def words(text: str) -> frozenset[str]:
    """The words or signs in ``text``, which blanks part."""
    return frozenset(text.split())


def kind_of_word(words_of_kind: Mapping[StatementKind, str]) -> Mapping[str, StatementKind]:
    """The kind of each keyword, from the keywords of each kind, which blanks part."""
    return {word: kind for kind, listed in words_of_kind.items() for word in listed.split()}


# Compared by identity: there is one object a language, and it is the key of caches.
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LanguageRules:
    """One language, named by its LSP language id.

    Tokens: ``interpolated`` matches only the opening of a literal that can hold expressions, and ``word`` an
    identifier. ``line_comment`` begins a comment that ends with its line. ``ends_at_newline``: a newline ends
    a statement that is whole; otherwise only `TERMINATOR` does.

    Operators: the value of ``assignments`` stands to their right. ``equalities`` compare a value with one
    that it may be. ``member_operators`` stand between a receiver and its member, ``postfix_operators``
    between a value and such an operator. ``other_operators`` are the rest of those that have several
    characters. In a language with braces, a line that ends in an assignment, the operator before a member or
    one of ``continuing_operators`` is not the last of its statement.

    Words in expressions: a value follows ``word_operators``. ``prefix_words`` are the other keywords that a
    value or a pattern follows, besides those of statements. ``soft_words`` are keywords in some places and
    names in others.

    Statements: ``statement_kinds`` has the keywords that tell what the hole behind them is.
    ``function_words`` define a function. ``modifiers`` may stand before such a keyword. ``statement_starts``
    can only begin a statement: what was open before them was never closed. ``margin_words`` begin a statement
    at the left margin.

    Blocks: ``compound_words`` open a block, or go on with one. ``clause_words`` go on with the statement
    whose block has just ended. ``bracketed_headers`` may have their header in parentheses.

    ``ends_behind_closers`` may stand behind the closing brackets of a line that is still being written: an
    editor or the user has ended the statement already.

    ``import_style`` is None if nobody can read the language's imports.
    ``has_annotations``: a type stands behind a name and a colon, or behind the parameters of a function.
    ``has_decorators``: ``@`` begins a decorator. ``has_composite_literals``: a brace that no blank parts from
    what stands before it begins a literal and no block, as gofmt writes them.
    """

    language: str
    layout: Layout
    line_comment: str = "//"
    comments: tuple[Quoted, ...] = ()
    strings: tuple[Quoted, ...] = ()
    interpolated: str | None = None
    word: str = r"[^\W\d][\w$]*|\$[\w$]*"
    has_regex_literals: bool = False
    ends_at_newline: bool = False

    assignments: frozenset[str]
    equalities: frozenset[str] = words("== !=")
    member_operators: frozenset[str]
    postfix_operators: frozenset[str] = frozenset()
    other_operators: frozenset[str]
    continuing_operators: frozenset[str] = words("+ * / % && || ?? ? | & => ->")
    word_operators: frozenset[str] = frozenset()
    prefix_words: frozenset[str] = frozenset()

    statement_kinds: Mapping[str, StatementKind]
    function_words: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    statement_starts: frozenset[str] = frozenset()
    soft_words: frozenset[str] = frozenset()
    margin_words: frozenset[str] = frozenset()

    compound_words: frozenset[str]
    clause_words: frozenset[str]
    bracketed_headers: frozenset[str] = frozenset()
    ends_behind_closers: frozenset[str] = words("; , : { {}")

    import_style: ImportStyle | None = None
    has_annotations: bool = False
    has_decorators: bool = False
    has_composite_literals: bool = False

    @cached_property
    def words_before_value(self) -> frozenset[str]:
        """The keywords that a value follows: a bracket behind them is neither a call nor a subscript."""
        kinds = self.statement_kinds
        leads = {word for word, kind in kinds.items() if kind not in ("import", "definition")}
        return self.word_operators | self.prefix_words | leads

    @cached_property
    def operators(self) -> frozenset[str]:
        """All operators that have several characters, and some of those with one."""
        return self.assignments | self.equalities | self.member_operators | self.other_operators
