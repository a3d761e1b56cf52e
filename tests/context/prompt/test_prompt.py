"""The windows around the cursor, healing, and the order that keeps the prefix cache warm."""

import pytest
from holesmith.context.prompt.prompt import (
    ANCHOR_EVERY_LINES,
    ANCHORED_CHARACTERS_MAX,
    ANCHORED_LINES_MIN,
    Hole,
    Order,
    RepositoryFile,
    build_prompt,
)
from holesmith.context.prompt.templates import SANTACODER, STARCODER_2, template_for
from holesmith.context.prompt.token_healing import split_partial_token
from holesmith.context.prompt.window import BLOCK_LINES_MAX, block_lines, lines_after, lines_before
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import byte_vocabulary

VOCABULARY = byte_vocabulary()
TEMPLATE = template_for(VOCABULARY)
SANTA = byte_vocabulary(special=("<|endoftext|>", "<fim-prefix>", "<fim-middle>", "<fim-suffix>"))
TEXTS = st.text(alphabet="ab .(\n\t\r\f\u2028é😀", max_size=300)


@pytest.mark.parametrize(
    ("line", "kept", "healed_prefix"),
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
def test_healing_cuts_back_to_a_boundary_every_tokenizer_has(
    line: str, kept: str, healed_prefix: str
) -> None:
    assert split_partial_token(line) == (kept, healed_prefix)


def test_a_very_long_word_is_not_cut() -> None:
    assert split_partial_token("x" * 5000) == ("x" * 5000, "")


@given(TEXTS, TEXTS, st.integers(1, 200), st.sampled_from(["plain", "anchored"]))
def test_prompt_holds_the_text_next_to_the_cursor_within_its_budget(
    prefix: str, suffix: str, budget: int, order: Order
) -> None:
    prompt = build_prompt(Hole(prefix, suffix, "m.py", "r"), TEMPLATE, VOCABULARY, budget, order)
    texts = {segment.kind: segment.text for segment in prompt.segments}
    before = texts.get("prefix", "") + texts.get("middle", "") + prompt.healed_prefix
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
    assert len(VOCABULARY.encode(after)) <= tokens_max


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


def test_anchored_prompts_of_successive_lines_share_all_above_them_until_the_anchor_moves() -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(60))
    middle, texts = VOCABULARY.special_id("<|fim_middle|>"), list[str]()
    for number in range(60, 80):
        prompt = build_prompt(Hole(text, "\nend\n", "m.py", "r"), TEMPLATE, VOCABULARY, 1200)
        texts.append(VOCABULARY.decode(prompt.token_ids[: prompt.token_ids.index(middle)]))
        assert prompt.segments[-1].text.count("\n") >= ANCHORED_LINES_MIN
        text += f"value_{number} = {number}\n"
    assert len(set(texts)) <= 1 + -(-20 // ANCHOR_EVERY_LINES)


def test_at_the_top_of_a_file_and_behind_long_lines_the_anchor_is_the_cursors_line() -> None:
    for text in ("a\n" * ANCHORED_LINES_MIN, "a\n" * 30 + f"{'x' * ANCHORED_CHARACTERS_MAX}\n" * 3):
        prompt = build_prompt(Hole(f"{text}b = ", "\n", "m.py", "r"), TEMPLATE, VOCABULARY, 9_000)
        assert prompt.segments[-1].text == "b ="


def test_a_huge_line_is_cut_and_does_not_crowd_out_the_cursor() -> None:
    prompt = build_prompt(Hole("x" * 50_000 + "\n", "y" * 50_000, "m.py", "r"), TEMPLATE, VOCABULARY, 200)
    assert 100 < len(prompt.token_ids) <= 203


def test_a_family_without_a_layout_for_files_gets_them_as_comments() -> None:
    hole = Hole(
        "x = 1\n", "", "m.py", "r", (RepositoryFile("a.py", "def f(): ..."),), "# a.py:\n# def f(): ...\n"
    )
    text = build_prompt(hole, SANTACODER, SANTA, 200).text
    assert text == "<fim-prefix># a.py:\n# def f(): ...\nx = 1\n<fim-suffix><fim-middle>"
    starcoder = byte_vocabulary(
        special=("<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<repo_name>", "<file_sep>")
    )
    with_layout = build_prompt(hole, STARCODER_2, starcoder, 200).text
    assert "# a.py" not in with_layout
    assert "<file_sep>a.py\ndef f(): ..." in with_layout


def test_what_is_behind_the_suffix_counts_against_the_budget() -> None:
    text = "".join(f"line number {number}\n" for number in range(200))
    hole = Hole(text, text, "m.py", "r", appendix="\n\n# a.py\ndef f(): ...")
    prompt = build_prompt(hole, TEMPLATE, VOCABULARY, 600)
    assert "\n\n# a.py\ndef f(): ...<|fim_middle|>" in prompt.text
    assert len(prompt.token_ids) <= 603


def test_comments_count_against_the_budget() -> None:
    text = "".join(f"line number {number}\n" for number in range(200))
    hole = Hole(text, "", "m.py", "r", (), "# comment\n" * 20)
    prompt = build_prompt(hole, SANTACODER, SANTA, 600)
    assert prompt.text.startswith("<fim-prefix># comment\n")
    assert len(prompt.token_ids) <= 603
