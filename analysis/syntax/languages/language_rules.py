"""The grammar of a language as data: its tokens, and the meaning of its keywords and operators.

This is the one place for such facts, and code that needs one reads it here. An empty set says that the
language has nothing of the kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

Layout = Literal["indentation", "braces"]
StatementKind = Literal["condition", "definition", "exception", "import", "iteration", "return", "with"]
"""The kind of hole behind a keyword at the beginning of a statement."""
ImportStyle = Literal["csharp", "ecmascript", "go", "include", "java", "python", "rust"]
"""The way in which an import is written; it also decides which files a module's name can mean."""

CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
OPENERS = "".join(CLOSER_OF)
CLOSERS = "".join(CLOSER_OF.values())
TERMINATOR = ";"
"""The sign that ends a statement in every language."""


class Quoted(NamedTuple):
    """A literal or comment as three patterns. Without its closer it reaches as far as its body does."""

    opener: str
    body: str
    closer: str


def words(text: str) -> frozenset[str]:
    """Split ``text`` at blanks into words or signs."""
    return frozenset(text.split())


def kind_of_word(words_of_kind: Mapping[StatementKind, str]) -> Mapping[str, StatementKind]:
    """Return the kind of each keyword.

    ``words_of_kind`` has the keywords of each kind, separated by blanks.
    """
    return {word: kind for kind, listed in words_of_kind.items() for word in listed.split()}


# Compared by identity, because the one object of each language is the key of caches.
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LanguageRules:
    """The rules of one language, named by its LSP language id.

    Tokens: ``interpolated`` matches only the opening of a literal that can hold expressions, and ``word`` an
    identifier. ``line_comment`` begins a comment that ends with its line. With ``ends_at_newline``, a newline
    ends a statement that is whole; otherwise only `TERMINATOR` does.

    Operators: the value of ``assignments`` stands to their right. ``equalities`` compare a value with one
    that it may equal. ``member_operators`` stand between a receiver and its member, ``postfix_operators``
    between a value and a member operator. ``other_operators`` are the remaining operators of several
    characters. In a language with braces, a statement goes on behind a line that ends in an assignment, in a
    member operator or in one of ``continuing_operators``.

    Words in expressions: a value follows ``word_operators``. ``prefix_words`` are the other keywords before a
    value or a pattern, besides those of statements. ``soft_words`` are keywords in some places and names in
    others.

    Statements: ``statement_kinds`` has the keywords that decide the kind of hole behind them.
    ``function_words`` define a function. ``modifiers`` may stand before such a keyword. ``statement_starts``
    can only begin a statement: brackets open before them were never closed. ``margin_words`` begin a
    statement at the left margin.

    Blocks: ``compound_words`` open a block, or go on with one. ``clause_words`` go on with the statement
    whose block has just ended. ``bracketed_headers`` may have their header in parentheses.

    ``ends_behind_closers`` are texts that may stand behind the closing brackets of a line that is still being
    written, because an editor or the user has already ended the statement.

    ``import_style`` is None if no reader exists for the language's imports. ``has_annotations``: a type
    stands behind a name and a colon, or behind the parameters of a function. ``has_decorators``: ``@`` begins
    a decorator. ``has_composite_literals``: a brace without a blank before it begins a literal and no block,
    as gofmt writes them.
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
        """The keywords before a value: a bracket behind them makes neither a call nor a subscript."""
        kinds = self.statement_kinds
        leads = {word for word, kind in kinds.items() if kind not in ("import", "definition")}
        return self.word_operators | self.prefix_words | leads

    @cached_property
    def operators(self) -> frozenset[str]:
        """All operators of several characters, and some of those with one."""
        return self.assignments | self.equalities | self.member_operators | self.other_operators
