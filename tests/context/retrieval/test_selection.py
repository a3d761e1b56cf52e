"""Which snippets are taken: nothing twice, nothing shown anyway, within the budget, cut at whole lines."""

from holesmith.context.prompt.comments import as_comments
from holesmith.context.prompt.prompt import RepositoryFile
from holesmith.context.ranking import until_gap
from holesmith.context.retrieval.layout import files_of, in_order
from holesmith.context.retrieval.selection import Selection, select
from holesmith.context.retrieval.trimming import trimmed
from holesmith.context.snippet import LineSpan, Snippet
from hypothesis import given, settings
from hypothesis import strategies as st

WEIGHTS = {"bm25": 1.0, "similar": 1.0, "popular": 0.5}


def words(text: str) -> int:
    return len(text.split())


def snippet(
    text: str, path: str = "a.py", start: int | None = None, score: float = 1.0, source: str = "bm25"
) -> Snippet:
    span = None if start is None else LineSpan(start, start + text.count("\n") + 1)
    return Snippet(text, source, path, span, score, "test")


def chosen(*snippets: Snippet, shown: str = "", tokens_max: int = 1_000) -> Selection:
    return select(snippets, WEIGHTS, frozenset(shown.split("\n")), tokens_max, words)


def why_dropped(selection: Selection) -> list[str]:
    return [each.why for each in selection.dropped]


def test_the_same_text_is_taken_once() -> None:
    selection = chosen(snippet("one = 1\ntwo = 2\nthree"), snippet("one = 1\ntwo = 2\nthree", "b.py"))
    assert len(selection.chosen) == 1
    assert why_dropped(selection) == ["says the same as another snippet"]


def test_overlapping_lines_of_a_file_are_taken_once() -> None:
    first, second = snippet("a b c d\ne f g h"), snippet("i j k l\nm n o p", source="similar")
    third = snippet("a b c d\nm n o p\nq r s t", score=0.5)
    assert why_dropped(chosen(first, second, third)) == ["overlaps a snippet of bm25 and similar"]
    elsewhere = snippet(third.text, "b.py", score=0.5)
    assert len(chosen(first, second, elsewhere).chosen) == 3


def test_a_stub_and_a_method_of_one_class_say_different_things() -> None:
    method = snippet("def pay(self, amount):\n    self.due -= amount\n    return self.due", start=3)
    stub = snippet("class Bill:\n    due: int\n    def pay(self, amount):\n    def split(self, by):", start=0)
    assert len(chosen(method, stub).chosen) == 2


def test_a_part_gives_way_to_the_whole() -> None:
    part = snippet("def pay ( self , amount ) :")
    whole = snippet("class Bill :\n    due : int = 0\n    def pay ( self , amount ) :", score=0.5)
    selection = chosen(part, whole)
    assert [each.snippet for each in selection.chosen] == [whole]
    assert why_dropped(selection) == ["part of a snippet of bm25"]
    assert [each.snippet for each in chosen(part, whole, tokens_max=24).chosen] == [part]


def test_what_stands_around_the_cursor_is_left_out() -> None:
    selection = chosen(snippet("alpha = beta\n    gamma = delta"), shown="alpha = beta\ngamma = delta")
    assert why_dropped(selection) == ["stands around the cursor already"]


def test_a_source_without_weight_has_no_say() -> None:
    assert chosen(snippet("some text of it", source="unknown")) == Selection((), ())


def test_far_weaker_snippets_are_left_out() -> None:
    selection = chosen(snippet("the strong one here"), snippet("the weak one there", "b.py", score=0.1))
    assert [each.snippet.text for each in selection.chosen] == ["the strong one here"]


LINES = st.lists(
    st.sampled_from(["def f():", "    a = b + c", "", "    return x y z", "class A:"]), min_size=1
)
SNIPPETS = st.lists(
    st.builds(
        snippet,
        LINES.map("\n".join).filter(str.strip),
        st.sampled_from(["a.py", "b.py", "c/d.py"]),
        st.none() | st.integers(0, 50),
        st.floats(0, 1),
        st.sampled_from(sorted(WEIGHTS)),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(SNIPPETS, st.integers(0, 120))
def test_the_budget_is_kept_and_nothing_is_invented(snippets: list[Snippet], tokens_max: int) -> None:
    selection = chosen(*snippets, tokens_max=tokens_max)
    assert selection.tokens <= max(0, tokens_max)
    for each in selection.chosen:
        assert each.tokens == words(each.snippet.text)
        assert any(each.snippet.text == whole.text[: len(each.snippet.text)] for whole in snippets)


@settings(deadline=None)
@given(LINES, st.integers(0, 30))
def test_trimmed_text_is_whole_lines_that_fit(lines: list[str], tokens_max: int) -> None:
    text = "\n".join(lines)
    short = trimmed(text, tokens_max, words)
    assert words(short) <= tokens_max or not short
    assert text == short or text.startswith(short + "\n") or not short
    assert short == text or not short.rstrip().endswith(":")


def test_trimming_ends_with_a_definition() -> None:
    text = "def f():\n    a = 1\n    b = 2\ndef g():\n    c = 3\n    d = 4\n    e = 5"
    assert trimmed(text, 14, words) == "def f():\n    a = 1\n    b = 2"


def test_a_list_is_cut_where_its_scores_fall_most() -> None:
    assert until_gap("abcd", [9.0, 8.5, 3.0, 2.8]) == "ab"
    assert until_gap("abc", [9.0, 8.5, 8.0]) == "abc"
    assert until_gap("a", [1.0]) == "a"
    assert until_gap("", []) == ""


def test_the_order_is_by_tier_path_and_line_whatever_the_scores() -> None:
    snippets = [
        snippet("x 1", "b.py", 9, 0.1),
        snippet("x 2", "b.py", 2, 0.9, "similar"),
        snippet("x 3", "a.py", 5, 0.5),
        snippet("x 4", "z.py", 0, 0.2, "popular"),
        snippet("x 5", "a.py", 0, 0.2, "members"),
    ]
    expected = ["x 4", "x 3", "x 2", "x 1", "x 5"]
    assert [each.text for each in in_order(snippets)] == expected
    assert [each.text for each in in_order(reversed(snippets))] == expected


def test_pieces_of_one_file_are_one_block() -> None:
    files = files_of(
        [snippet("second", start=9), snippet("first", start=1), snippet("third", "b.py")], "python"
    )
    assert files == (RepositoryFile("a.py", "first\n# ...\nsecond"), RepositoryFile("b.py", "third"))


def test_comments_for_models_without_a_repository_layout() -> None:
    files = (RepositoryFile("a.py", "def f():\n\n    pass"),)
    assert as_comments(files, "python") == "# a.py:\n# def f():\n#\n#     pass\n"
    assert as_comments(files, "java").startswith("// a.py:\n// def f():")
    assert as_comments((), "python") == ""
