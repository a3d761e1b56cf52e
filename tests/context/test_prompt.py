"""The windows around the cursor, healing, and the order that keeps the prefix cache warm."""

import pytest
from holesmith.context.healing import split_partial_token
from holesmith.context.prompt import Hole, Order, RepositoryFile, build_prompt
from holesmith.context.templates import SANTACODER, template_for
from holesmith.context.window import BLOCK_LINES_MAX, block_lines, lines_after, lines_before
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import byte_vocabulary

VOCABULARY = byte_vocabulary()
TEMPLATE = template_for(VOCABULARY)
SANTA = byte_vocabulary(special=("<|endoftext|>", "<fim-prefix>", "<fim-middle>", "<fim-suffix>"))
TEXTS = st.text(alphabet="ab .(\n\t\r\f\u2028é😀", max_size=300)


@pytest.mark.parametrize(
    ("line", "kept", "required"),
    [
        ("self.cou", "self", ".cou"),
        ("foo(", "foo", "("),
        ("x = ", "x =", " "),
        ("return", "", "return"),
        ("    ", "", "    "),
        ("", "", ""),
        ("a +=", "a", " +="),
        ("f(x).", "f(x", ")."),
        ("naïve.größ", "naïve", ".größ"),
    ],
)
def test_healing_cuts_back_to_a_boundary_every_tokenizer_has(line: str, kept: str, required: str) -> None:
    assert split_partial_token(line) == (kept, required)


def test_a_very_long_word_is_not_cut() -> None:
    assert split_partial_token("x" * 5000) == ("x" * 5000, "")


@given(TEXTS, TEXTS, st.integers(1, 200), st.sampled_from(["plain", "anchored"]))
def test_prompt_holds_the_text_next_to_the_cursor_within_its_budget(
    prefix: str, suffix: str, budget: int, order: Order
) -> None:
    prompt = build_prompt(Hole(prefix, suffix, "m.py", "r"), TEMPLATE, VOCABULARY, budget, order)
    texts = {segment.kind: segment.text for segment in prompt.segments}
    before = texts.get("prefix", "") + texts.get("middle", "") + prompt.required
    assert prefix.endswith(before)
    assert suffix.startswith(texts.get("suffix", ""))
    line = prefix[prefix.rfind("\n") + 1 :]
    assert len(prompt.token_ids) <= max(16, budget) + 3 + len(line.encode())


@given(TEXTS, st.integers(1, 300))
def test_windows_are_the_nearest_text_and_fit(text: str, tokens_max: int) -> None:
    before, after = lines_before(text, tokens_max, VOCABULARY), lines_after(text, tokens_max, VOCABULARY)
    assert text.endswith(before)
    assert text.startswith(after)
    assert len(VOCABULARY.encode(before)) <= tokens_max
    assert len(VOCABULARY.encode(after)) <= max(tokens_max, 4)


def test_a_window_loses_about_an_eighth_to_its_blocks() -> None:
    assert [block_lines(tokens) for tokens in (0, 40, 200, 300, 614, 5_000)] == [
        1,
        1,
        2,
        4,
        8,
        BLOCK_LINES_MAX,
    ]
    text = "x = 1\n" * 4_000
    for tokens_max in (200, 400, 800, 1_600):
        assert len(lines_before(text, tokens_max, VOCABULARY)) > 0.8 * tokens_max


def test_the_window_stays_where_it_is_while_a_line_is_typed() -> None:
    text = "".join(f"line number {number}\n" for number in range(200))
    windows = {lines_before(text + "typed"[:count], 1000, VOCABULARY)[:40] for count in range(6)}
    assert len(windows) == 1
    first = windows.pop().split("\n")[0]
    assert int(first.split()[-1]) % block_lines(1000) == 0


def test_anchored_prompts_of_successive_keystrokes_share_all_but_the_line() -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(40))
    lines = ["resu", "result = val", "result = value_3 + va"]
    prompts = [
        build_prompt(Hole(text + line, "\nend\n", "m.py", "r"), TEMPLATE, VOCABULARY, 2000).token_ids
        for line in lines
    ]
    shared = len(prompts[0])
    assert all(prompt[:shared] == prompts[0] for prompt in prompts)
    assert VOCABULARY.special_id("<|fim_middle|>") == prompts[0][-1]


def test_a_huge_line_is_cut_and_does_not_crowd_out_the_cursor() -> None:
    prompt = build_prompt(Hole("x" * 50_000 + "\n", "y" * 50_000, "m.py", "r"), TEMPLATE, VOCABULARY, 200)
    assert 100 < len(prompt.token_ids) <= 203


def test_a_family_without_a_layout_for_files_gets_them_as_comments() -> None:
    hole = Hole(
        "x = 1\n", "", "m.py", "r", (RepositoryFile("a.py", "def f(): ..."),), "# a.py:\n# def f(): ...\n"
    )
    text = build_prompt(hole, SANTACODER, SANTA, 200).text
    assert text == "<fim-prefix># a.py:\n# def f(): ...\nx = 1\n<fim-suffix><fim-middle>"
    with_layout = build_prompt(hole, TEMPLATE, VOCABULARY, 200).text
    assert "# a.py" not in with_layout
    assert "<|file_sep|>a.py\ndef f(): ..." in with_layout


def test_comments_count_against_the_budget() -> None:
    text = "".join(f"line number {number}\n" for number in range(200))
    hole = Hole(text, "", "m.py", "r", (), "# comment\n" * 20)
    prompt = build_prompt(hole, SANTACODER, SANTA, 600)
    assert prompt.text.startswith("<fim-prefix># comment\n")
    assert len(prompt.token_ids) <= 603
