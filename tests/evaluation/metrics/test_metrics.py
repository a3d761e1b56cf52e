"""Metrics on rows made by hand, with the numbers that the published definitions give."""

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest
from holesmith.evaluation.case import Case, Extent
from holesmith.evaluation.metrics.java_tokens import (
    closed_method,
    first_token,
    identifiers,
    method_stop,
    token_texts,
)
from holesmith.evaluation.metrics.score_at_k import score_at_k, scores_of_samples
from holesmith.evaluation.metrics.scoring import (
    api_scores,
    called_name,
    dotprompts_scores,
    hole_scores,
    humaneval_scores,
    stack_repo_scores,
)
from holesmith.evaluation.metrics.text_metrics import (
    edit_similarity,
    exact_match,
    identifier_f1,
    levenshtein,
    next_identifier_match,
)
from hypothesis import given
from hypothesis import strategies as st

METHOD = "class A {\n  int f(B b) {\n    return b.size() + b.count;\n  }\n}\n"


def case_of(
    prefix: str = "",
    target: str = "",
    suffix: str = "",
    language: str = "java",
    extent: Extent = "line",
    **facts: object,
) -> Case:
    return Case("case", "shop", "Shelf.java", language, prefix, suffix, target, extent, facts=facts)


def dot_case() -> Case:
    """The hole is behind the first dot of METHOD; the target is the rest of that method."""
    dot = METHOD.index("b.size") + 1
    start, stop = METHOD.index("{", METHOD.index("f(")), METHOD.rindex("}", 0, METHOD.rindex("}"))
    return case_of(
        METHOD[: dot + 1], METHOD[dot + 1 : stop + 1], METHOD[stop + 1 :], extent="method", method_start=start
    )


@pytest.mark.parametrize(
    ("answer", "nim", "ism", "pm"),
    [
        # target: size ( ) + b . count ; }   with the identifiers size, b, count
        ("size() + b.count;\n  }\n}\n", 1, 1, 1),
        ("size() + b.total;\n  }\n", 1, 2 / 3, 6 / 9),
        ("size();\n  }", 1, 1 / 3, 3 / 9),
        ("length();\n  }", 0, 0, 0),
        ("size", 1, 1 / 3, 1 / 9),
        ("", 0, 0, 0),
        # What follows the method's brace does not count, whatever it is.
        ("size() + b.count;\n  }\n  int g() { return 1; }\n}", 1, 1, 1),
        # White space does not count either, comments do.
        ("size()+b.count;}", 1, 1, 1),
        ("size() /* fast */ + b.count; }", 1, 1, 3 / 9),
    ],
)
def test_dotprompts(answer: str, nim: float, ism: float, pm: float) -> None:
    scores = dotprompts_scores(dot_case(), answer)
    assert scores == pytest.approx({"nim": nim, "ism": ism, "pm": pm})


def test_a_target_without_identifiers_has_no_ism() -> None:
    case = case_of("void f() { x = 1.", "0; }", extent="method", method_start=9)
    assert set(dotprompts_scores(case, "0; }")) == {"nim", "pm"}


def test_java_tokens_keep_their_places_with_any_line_ends() -> None:
    text = 'int a;\r\n  // note\r\n  a = "}";\r\n}'
    assert token_texts(text)[:5] == ["int", "a", ";", "// note", "a"]
    assert method_stop(text) == len(text)
    assert first_token("  \n size()") == "size"
    assert first_token("  ") is None
    assert identifiers("new Shelf().add(class)") == ["Shelf", "add", "class"]


@pytest.mark.parametrize(
    ("body", "closed"),
    [
        (" return 1; } int g() {}", " return 1; }"),
        (" if (a) { return 1;", " if (a) { return 1;}}"),
        (' s = "}"; ', ' s = "}";}'),
        (" // } \n return; } }", " // } \n return; }"),
    ],
)
def test_a_method_is_cut_at_its_brace_or_gets_the_missing_ones(body: str, closed: str) -> None:
    assert closed_method(body) == closed


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7), st.data())
def test_score_at_k_is_the_mean_best_of_all_choices(scores: list[float], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(scores)))
    choices = [max(choice) for choice in itertools.combinations(scores, k)]
    assert score_at_k(scores, k) == pytest.approx(math.fsum(choices) / len(choices))


def test_score_at_k_is_pass_at_k_for_right_and_wrong() -> None:
    n, right = 6, 2
    scores = [1.0] * right + [0.0] * (n - right)
    for k in range(1, n + 1):
        assert score_at_k(scores, k) == pytest.approx(1 - math.comb(n - right, k) / math.comb(n, k))


def test_samples_give_a_score_for_each_k_and_one_sample_its_own() -> None:
    assert scores_of_samples([{"nim": 1.0}]) == {"nim": 1.0}
    assert scores_of_samples([{"nim": 1.0}, {"nim": 0.0}]) == {"nim@1": 0.5, "nim@2": 1.0}


@pytest.mark.parametrize(
    ("answer", "target", "success"),
    [
        ("size();\nreturn;", "size();", 1),
        ("  size();  ", "size();  ", 1),
        ("\nsize();", "size();", 0),
        ("", "  ", 1),
        ("", "size();", 0),
        ("size() ;", "size();", 0),
    ],
)
def test_completion_success(answer: str, target: str, success: float) -> None:
    assert stack_repo_scores(case_of(target=target), answer)["success"] == success


@pytest.mark.parametrize(
    ("answer", "match"),
    [("    x = 1\n    y = 2", 1), ("\n    x = 1\nmore", 1), (" \nx = 1", 1), ("\n\nx = 1", 0), ("x = 2", 0)],
)
def test_humaneval_line(answer: str, match: float) -> None:
    assert humaneval_scores(case_of(target="    x = 1", language="python"), answer)["exact_match"] == match


@pytest.mark.parametrize(
    ("answer", "task", "match"),
    [
        ("add(book)", "token", 1),
        (" add", "token", 1),
        ("add_all(book)", "token", 0),
        ("await shelf.add(book)", "conversation", 1),
        ("add.book()", "conversation", 0),
        ("", "token", 0),
    ],
)
def test_api_match(answer: str, task: str, match: float) -> None:
    case = case_of(target="add", language="python", task=task, candidates=["put", "add"])
    scores = api_scores(case, answer)
    assert scores == {"api_match": match, "retrieved": 1.0}


def test_called_name_is_the_last_of_a_dotted_one() -> None:
    assert called_name("store . shelf.load(a.b)") == "load"
    assert called_name("(") == ""


def naive_levenshtein(first: str, second: str) -> int:
    row = list(range(len(second) + 1))
    for at, a in enumerate(first, 1):
        before, row[0] = row[0], at
        for to, b in enumerate(second, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (a != b))
    return row[-1]


@given(st.text("abc\n", max_size=40), st.text("abc\n", max_size=40))
def test_levenshtein_is_what_the_matrix_gives(first: str, second: str) -> None:
    assert levenshtein(first, second) == naive_levenshtein(first, second)


def test_text_metrics_ignore_white_space_around_lines_only() -> None:
    assert exact_match("  a = 1\n\n  b = 2\n", "a = 1\nb = 2")
    assert not exact_match("a=1", "a = 1")
    assert edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert edit_similarity("", " \n") == 1.0


def test_identifiers_leave_out_keywords_and_strings() -> None:
    assert next_identifier_match("return shelf.add()", "shelf.put()", "python") is True
    assert next_identifier_match("'shelf'.add()", "shelf.put()", "python") is False
    assert next_identifier_match("x", "return 1", "python") is None
    # sets {shelf, add} and {shelf, put, x}: 2 * 1 / (2 + 3)
    assert identifier_f1("shelf.add(shelf)", "shelf.put(x)", "python") == pytest.approx(0.4)


def test_an_answer_that_breaks_the_file_does_not_parse() -> None:
    case = case_of("def f(a):\n    return (", "a + 1", ")\n", "python")
    assert hole_scores(case, "a + 1")["parses"] == 1
    assert hole_scores(case, "a + (")["parses"] == 0
    broken = case_of("def f(a:\n    return (", "a", ")\n", "python")
    assert "parses" not in hole_scores(broken, "a")


def test_a_name_exists_in_the_repository_or_is_built_in_and_one_of_the_answers_own_is_not_counted(
    tmp_path: Path,
) -> None:
    (tmp_path / "shelf.py").write_text("def add_book(title): ...\n")
    case = replace(case_of("", "add_book('x')", "\n", "python"), workspace=str(tmp_path))
    assert hole_scores(case, "add_book(1)")["exists"] == 1
    assert hole_scores(case, "KeyError()")["exists"] == 1
    assert hole_scores(case, "invented(1)")["exists"] == 0
    assert hole_scores(case, "invented == 1")["exists"] == 0
    for own in ("def invented(title):", "class Invented:", "invented = 1", "invented: int = 1"):
        assert "exists" not in hole_scores(case, own)
    inside = replace(case, prefix="x = f(a) + ")
    assert hole_scores(inside, "invented = 1")["exists"] == 0
