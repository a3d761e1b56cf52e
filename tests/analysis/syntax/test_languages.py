"""What each language's operators and keywords make of the hole behind them, ``‸``."""

import pytest
from holesmith.analysis.outline.grammars import LANGUAGES
from holesmith.analysis.syntax.excerpt import PREFIX_CHARACTERS, excerpt_at
from holesmith.analysis.syntax.hole import Hole, HoleKind, hole_of
from holesmith.analysis.syntax.stops import stops_at

C = "= += -= *= /= %= &= |= ^= <<= >>="
ECMASCRIPT = f"{C} >>>= **= &&= ||= ??="
ASSIGNMENTS = {
    "python": f"{C} := //= **= @=",
    "java": f"{C} >>>=",
    "javascript": ECMASCRIPT,
    "javascriptreact": ECMASCRIPT,
    "typescript": ECMASCRIPT,
    "typescriptreact": ECMASCRIPT,
    "go": f"{C} := &^=",
    "rust": C,
    "c": C,
    "cpp": C,
    "csharp": f"{C} >>>= ??=",
    "made-up": f"{ECMASCRIPT} := //= @= &^=",
}
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")


def test_every_language_with_a_grammar_has_its_assignments_here() -> None:
    assert {*ASSIGNMENTS} == {*LANGUAGES, "made-up"}


def hole_at(language: str, prefix: str) -> Hole:
    return hole_of(excerpt_at(language, prefix, ""))


@pytest.mark.parametrize(
    ("language", "operator"),
    [(language, operator) for language, operators in ASSIGNMENTS.items() for operator in operators.split()],
)
def test_behind_an_assignment_a_value_is_missing(language: str, operator: str) -> None:
    prefix = f"x {operator} "
    hole = hole_at(language, prefix)
    assert (hole.kind, hole.subject and hole.subject.of(prefix)) == ("right_hand_side", "x")
    assert hole.operator is None


@pytest.mark.parametrize("language", ASSIGNMENTS)
@pytest.mark.parametrize("operator", COMPARISONS)
def test_a_comparison_assigns_nothing(language: str, operator: str) -> None:
    hole = hole_at(language, f"x {operator} ")
    assert (hole.kind, hole.operator) == ("unknown", operator)


@pytest.mark.parametrize(
    ("language", "source", "kind", "subject"),
    [
        ("python", "re.match(a, ‸", "argument", "re.match"),
        ("python", "task.throw(a, ‸", "argument", "task.throw"),
        ("python", "func(a, ‸", "argument", "func"),
        ("python", "match(a, ‸", "argument", "match"),
        ("python", "match (a, ‸", "element", None),
        ("python", "case (a, ‸", "element", None),
        ("python", "package[‸", "subscript", "package"),
        ("python", "return (a, ‸", "element", None),
        ("javascript", "done.catch(a, ‸", "argument", "done.catch"),
        ("javascript", "of(a, ‸", "argument", "of"),
        ("javascript", "const [a, ‸", "element", None),
        ("javascript", "x = function (a, ‸", "parameter", None),
        ("java", "items.with(a, ‸", "argument", "items.with"),
        ("csharp", "foreach (‸", "iteration", None),
        ("csharp", "from(a, ‸", "argument", "from"),
        ("go", "raise(a, ‸", "argument", "raise"),
        ("rust", "let (a, ‸", "element", None),
        ("rust", "match (a, ‸", "element", None),
        ("rust", "fn f() -> [u8; 4] {\n    ‸", "statement", None),
        ("typescript", "function f(): A[] {\n    ‸", "statement", None),
        ("go", "x := T{‸", "element", None),
        ("go", "for x {\n    ‸", "statement", None),
    ],
)
def test_a_word_is_a_keyword_only_in_its_language_and_place(
    language: str, source: str, kind: HoleKind, subject: str | None
) -> None:
    prefix = source.removesuffix("‸")
    hole = hole_at(language, prefix)
    assert (hole.kind, hole.subject and hole.subject.of(prefix)) == (kind, subject)
    is_in_a_list = kind in ("argument", "parameter", "element")
    assert hole.argument == (source.count(", ") if is_in_a_list else None)


@pytest.mark.parametrize(
    ("language", "source", "subject"),
    [
        ("python", "def f() -> a.‸", "a"),
        ("java", "x -> a.‸", "a"),
        ("rust", "f(a)?.‸", "f(a)?"),
        ("rust", "|x| -> a::b.‸", "a::b"),
        ("typescript", "a!.‸", "a!"),
        ("csharp", "a?[0]?.‸", "a?[0]"),
        ("typescript", "a![0].‸", "a![0]"),
        ("typescript", "x = ![0].‸", "[0]"),
        ("csharp", "x = a ? [0].‸", "[0]"),
        ("csharp", "p->‸", "p"),
        ("cpp", "a::b->c.‸", "a::b->c"),
        ("c", "a->b[1].‸", "a->b[1]"),
    ],
)
def test_a_receiver_goes_as_far_back_as_its_language_lets_it(
    language: str, source: str, subject: str
) -> None:
    prefix = source.removesuffix("‸")
    hole = hole_at(language, prefix)
    assert (hole.kind, hole.subject and hole.subject.of(prefix)) == ("attribute", subject)


@pytest.mark.parametrize("source", ["for i in 0..", "for i in 0..=", "&a[x..", "&a[x..="])
def test_a_range_in_rust_has_no_members_and_assigns_nothing(source: str) -> None:
    assert hole_at("rust", source).kind in ("iteration", "subscript")


@pytest.mark.parametrize(
    ("language", "middle"),
    [
        ("javascript", "x >>>=\n  y;‸\nz"),
        ("typescript", "x ??=\n  y‸\nz"),
        ("go", "x &^=\n  y‸\nz"),
        ("cpp", "x <<=\n  y;‸\nz"),
        ("java", "x = a ?\n  b : c;‸\nd"),
        ("rust", "f(a)?‸\n}"),
    ],
)
def test_a_statement_goes_on_behind_a_line_that_ends_in_an_operator(language: str, middle: str) -> None:
    stop = middle.index("‸")
    assert stops_at(language, "{\n", "").statement_stop(middle.replace("‸", "")) == stop


@pytest.mark.parametrize("word", ["def f():", "elif a:", "except A:", "finally:", "global a", "nonlocal a"])
def test_a_bracket_left_open_ends_where_a_statement_can_only_begin(word: str) -> None:
    assert hole_at("python", f"f(a,\n{word}\n    x = ").kind == "right_hand_side"


def test_a_long_file_is_cut_at_a_decorator_too() -> None:
    start = "@route\n"
    code = "x = f(  # " + "y" * 1000 + "\n" + start + "    y\n" * (PREFIX_CHARACTERS // 8)
    excerpt = excerpt_at("python", "#" * PREFIX_CHARACTERS + "\n" + code, "")
    assert excerpt.tokens[0].start == excerpt.prefix.index(start)
