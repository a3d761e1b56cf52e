"""Text of others on a terminal and in Markdown: it is shown, and neither obeyed nor hidden."""

import json

import pytest
from holesmith.completion.visible_text import (
    code_block,
    code_span,
    one_line,
    plain_markdown,
    plain_message,
    visible,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\u009b31m"),
        ("a\u202eb\u200bc", "a\\u202eb\\u200bc"),
        ("secret\rpublic", "secret\\x0dpublic"),
        ("file\udcff.py", "file\\udcff.py"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("x\ty\r\nz\n", "x\ty\r\nz\n"),
        ('"é 👩‍💻 ❤️ می\u200cخواهم 東京\xa0"', '"é 👩‍💻 ❤️ می\u200cخواهم 東京\xa0"'),
    ],
)
def test_only_what_is_hidden_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_json_stays_json_with_the_same_meaning(text: str) -> None:
    written = json.dumps([text], ensure_ascii=False)
    assert json.loads(visible(written)) == json.loads(json.dumps([text]))
    assert not set(visible(written)) & set("\x1b\x9b\u202e\u200b\ud800")


def test_markdown_of_others_stays_text() -> None:
    assert plain_markdown("![x](https://a.b)\n<img>") == "\\!\\[x\\]\\(https://a.b\\) \\<img\\>"
    assert one_line("a\n\n  b\x1b") == "a b\\x1b"
    assert "](" not in plain_message("see [this](command:run)")


def test_code_does_not_end_before_its_end() -> None:
    assert code_span("a`b``c") == "```a`b``c```"
    assert code_span("`a`") == "`` `a` ``"
    assert code_span("int") == "`int`"
    assert code_block("x\n```\n![y](z)\u202e", "python") == "````python\nx\n```\n![y](z)\\u202e\n````"
    assert code_block("x", "python") == "```python\nx\n```"
