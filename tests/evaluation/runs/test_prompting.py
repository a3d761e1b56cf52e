"""What each published mode shows the model, seen in a vocabulary where a token is a byte."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from holesmith.evaluation.case import Case, Passage
from holesmith.evaluation.configuration import Configuration
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.ending import Ending
from holesmith.evaluation.runs.packing import Chunk, fitted, not_truncated_prior_last, split_prior
from holesmith.evaluation.runs.plain_prompt import spelled
from holesmith.evaluation.runs.prompting import fusion_passages, prompt_for
from holesmith.evaluation.runs.window import window_end
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import byte_vocabulary

BYTES = byte_vocabulary()
WITHOUT_MIDDLE = byte_vocabulary(special=("<|endoftext|>",))
PASSAGES = (
    Passage("in_file#lines#0.75", "after the hole"),
    Passage("import_file#method_names#0.5", ""),
    Passage("sibling_file#identifiers#0.5", "siblings"),
    Passage("codex", "before the ho"),
)
HOLE = Case("a", "shop", "A.java", "java", "int a = b.", ";\nint c;", "size()", "line")
RETRIEVED = replace(HOLE, passages=PASSAGES, facts={"question": "the ho"})


def check(case: Case, configuration: Configuration, expected: str, *, fills_middle: bool = True) -> None:
    vocabulary = BYTES if fills_middle else WITHOUT_MIDDLE
    prompt = prompt_for(case, configuration, vocabulary)
    assert spelled(vocabulary, prompt.token_ids) == expected


def test_prior_is_the_end_of_the_text_before_the_hole() -> None:
    check(HOLE, Configuration(healing=False, mode="prior"), "int a = b.")
    check(HOLE, Configuration(healing=False, mode="prior", prompt_tokens_max=4), "= b.")
    check(RETRIEVED, Configuration(healing=False, mode="prior", prompt_tokens_max=6), "the ho")


def test_healing_takes_the_half_word_off_and_demands_it() -> None:
    case = replace(HOLE, prefix="int a = bo")
    prompt = prompt_for(case, Configuration(mode="prior"), BYTES)
    assert spelled(BYTES, prompt.token_ids) + prompt.healed_prefix == case.prefix
    assert prompt.healed_prefix.strip() == "bo"


def test_healing_gives_a_dot_back_to_the_token_that_it_begins() -> None:
    prompt = prompt_for(HOLE, Configuration(mode="post+prior", prompt_tokens_max=8), BYTES)
    assert spelled(BYTES, prompt.token_ids) == "<|fim_prefix|> = b<|fim_suffix|>;\nin<|fim_middle|>"
    assert prompt.healed_prefix == "."


def test_post_and_prior_share_the_budget_and_a_dot_begins_the_middle() -> None:
    check(
        HOLE,
        Configuration(healing=False, mode="post+prior", prompt_tokens_max=8),
        "<|fim_prefix|> = b<|fim_suffix|>;\nin<|fim_middle|>.",
    )
    check(
        RETRIEVED,
        Configuration(healing=False, mode="post+prior", prompt_tokens_max=40, suffix_tokens_max=5),
        "<|fim_prefix|>before the ho<|fim_suffix|>after<|fim_middle|>",
    )


def test_a_model_that_fills_no_middle_gets_the_post_lines_first() -> None:
    configuration = Configuration(healing=False, mode="post+prior", prompt_tokens_max=20)
    check(RETRIEVED, configuration, "after the \nore the ho", fills_middle=False)


def test_the_prior_comes_last_behind_the_best_contexts() -> None:
    configuration = Configuration(healing=False, mode="pp-top-k", passages=3, passage_tokens=8)
    packed = "// in_file#lines#0.75\nafter th\n// sibling_file#identifiers#0.5\nsiblings\ne the ho"
    check(RETRIEVED, configuration, packed)
    check(RETRIEVED, replace(configuration, passages=2), "// in_file#lines#0.75\nafter th\ne the ho")
    check(RETRIEVED, replace(configuration, prompt_tokens_max=10), "e the ho")


def test_nothing_is_truncated_as_long_as_there_are_passages() -> None:
    room = len("// in_file#lines#0.75\n") + 10
    configuration = Configuration(healing=False, mode="nt-prior-last", passages=3, passage_tokens=room)
    title = "// in_file#lines#0.75\n"
    check(RETRIEVED, configuration, f"{title}after the \n{title}hole\nbefore the ho")


def test_contexts_are_asked_for_where_there_are_none() -> None:
    with pytest.raises(EvaluationError, match="no retrieved contexts, which mode pp-top-k needs"):
        prompt_for(HOLE, Configuration(healing=False, mode="pp-top-k"), BYTES)


def test_fusion_passages_repeat_the_question_behind_each() -> None:
    configuration = Configuration(healing=False, mode="fusion-in-decoder", passages=2, passage_tokens=200)
    passages = fusion_passages(
        RETRIEVED, configuration, lambda text: list(text.encode()), lambda ids: bytes(ids).decode()
    )
    assert passages == [
        "rule_name: in_file#lines#0.75 rule_context: after the hole hole_context: the ho ",
        "rule_name: codex rule_context: before the ho hole_context: the ho ",
    ]


def words(text: str) -> list[int]:
    return [len(word) for word in text.split()]


def test_a_prior_too_long_for_all_passages_keeps_its_end() -> None:
    passages = (Passage("a", "x"), Passage("codex", "1 22 333 4444 55555"))
    chunks = not_truncated_prior_last(passages, 2, lambda passage: 2, words)
    assert chunks == [Chunk("codex", (3, 4)), Chunk("codex", (5,))]


def test_the_prior_is_found_by_title_or_by_its_published_place() -> None:
    assert split_prior(PASSAGES)[0].text == "before the ho"
    unnamed = tuple(Passage(f"{place}", f"text {place}") for place in range(20))
    prior, others = split_prior(unnamed)
    assert (prior.title, len(others)) == ("16", 19)
    assert split_prior(unnamed[:3]) == (Passage("codex", ""), unnamed[:3])


def test_a_budget_drops_the_worst_contexts_and_the_start_of_the_prior() -> None:
    chunks = [Chunk("a", (1, 1)), Chunk("b", (2, 2)), Chunk("codex", (3,)), Chunk("codex", (4,))]
    assert fitted(chunks, lambda chunk: len(chunk.token_ids), 4) == [chunks[0], *chunks[2:]]
    assert fitted(chunks, lambda chunk: len(chunk.token_ids), 1) == [chunks[3]]


@given(st.lists(st.integers(), max_size=60), st.integers(0, 40), st.integers(1, 20))
def test_a_window_is_an_end_that_begins_at_a_step(ids: Sequence[int], tokens_max: int, step: int) -> None:
    window = window_end(ids, tokens_max, step)
    assert len(window) <= tokens_max
    assert window == list(ids[len(ids) - len(window) :])
    if window:
        assert (len(ids) - len(window)) % step == 0
    if tokens_max >= step:
        assert len(window) >= min(len(ids), tokens_max - step + 1)


METHOD = replace(HOLE, extent="method", prefix="class A { int f() { return b.", facts={"method_start": 18})


@pytest.mark.parametrize(
    ("case", "text", "reached"),
    [
        (HOLE, "size();", False),
        (HOLE, "size();\n", True),
        (HOLE, "\n", True),
        (replace(HOLE, extent="full_line"), "\n", False),
        (replace(HOLE, extent="full_line"), "\n  x", False),
        (replace(HOLE, extent="full_line"), "\n  x\n", True),
        (replace(HOLE, extent="full_line"), "x\n", True),
        (replace(HOLE, extent="identifier"), "siz", False),
        (replace(HOLE, extent="identifier"), " size(", True),
        (METHOD, "size(); ", False),
        (METHOD, "size(); if (a) { x(); }", False),
        (METHOD, "size(); if (a) { x(); } }", True),
        (METHOD, 'size(); g("}");', False),
        (replace(HOLE, extent="statement"), "size();\nint d = 1;\nint e = 2;\n", True),
    ],
)
def test_decoding_ends_where_the_metrics_have_enough(case: Case, text: str, reached: bool) -> None:
    assert Ending(case).reached(text) == reached
