"""What nobody sees comes into no suggestion, unless the document is written so; what is right stays whole."""

import unicodedata

import pytest
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.postprocess.shaping import shape
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.templates import template_for
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeEngine

CURSOR = "<CURSOR>"
HIDDEN = {
    "right-to-left override": "\u202e",
    "left-to-right isolate": "\u2066",
    "pop directional isolate": "\u2069",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "zero-width non-joiner": "\u200c",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\xad",
    "combining grapheme joiner": "\u034f",
    "Hangul filler": "\u3164",
    "half-width Hangul filler": "\uffa0",
    "variation selector": "\ufe0f",
    "variation selector 17": "\U000e0100",
    "tag": "\U000e0041",
    "line separator": "\u2028",
    "interlinear annotation": "\ufff9",
    "escape": "\x1b",
    "C1 control sequence": "\x9b",
    "next line": "\x85",
    "backspace": "\x08",
    "delete": "\x7f",
    "form feed": "\x0c",
    "carriage return alone": "\r",
}


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("document", ["x = <CURSOR>\n", "# 3\n\nx = <CURSOR>  # é\ny = 1\n"])
def test_a_suggestion_ends_before_what_nobody_sees(hidden: str, document: str) -> None:
    prefix, suffix = document.split(CURSOR)
    assert shape(f"total{hidden}(a)", prefix, suffix).text == "total"
    assert shape(f"{hidden}total(a)", prefix, suffix).text == ""


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_a_line_that_has_the_character_may_get_it_again(hidden: str) -> None:
    text = f'"a{hidden}b" + c'
    assert shape(text, f'x = "{hidden}b" + ', "\n").text == text
    assert shape(text, "x = ", f"  # {hidden} is there\n").text == text


def test_another_line_that_has_the_character_is_no_reason() -> None:
    planted = "\u202e\u2066\u200b\x1b\ufeff"
    for hidden in planted:
        assert shape(f"total{hidden}(a)", f"# {planted}\nx = ", f"\n# {planted}\n").text == "total"


@pytest.mark.parametrize(
    "text",
    [
        'print("❤️ ⚠️ ✔️ ℹ️ 1️⃣")',
        'print("👩‍💻 👩🏽‍🚀 🏳️‍🌈 🙂‍↔️ 👨‍👩‍👧‍👦 👨‍⚕️")',
        "a\tb",
        "f(\n    a,\n)",
        "f(\r\n    a,\r\n)",
        'prix = "10\xa0€"',
        '"全角\u3000空白"',
        '"cafe\u0301 שלום سلام नमस्ते"',
        '"\ue0b0 é ß 東京"',
    ],
)
def test_what_is_seen_stays_whole(text: str) -> None:
    assert shape(text, "x = ", "\n").text == text


@pytest.mark.parametrize("joined", ["می\u200cخواهم", "क्\u200dष", "ශ්\u200dරී"])
def test_letters_are_joined_where_the_document_joins_them(joined: str) -> None:
    text = f'"{joined}"'
    assert shape(text, f"# {joined}\nx = ", "\n").text == text
    assert shape(text, "x = ", f"\ny = {text}\n").text == text
    # Not where the document never does, and not inside words of other scripts.
    cut = next(at for at, character in enumerate(text) if unicodedata.category(character) == "Cf")
    assert shape(text, "x = ", "\n").text == text[:cut]
    assert shape("tot\u200cal()", f"# {joined}\nx = ", "\n").text == "tot"


def test_hidden_bytes_behind_an_emoji_are_cut() -> None:
    assert shape('"😀\ufe0f\ufe01\ufe05"', "x = ", "\n").text == '"😀\ufe0f'
    assert shape('"😀\u200dx"', "x = ", "\n").text == '"😀'
    assert shape('"a\ufe0f"', "x = ", "\n").text == '"a'


def test_old_line_ends_go_on_in_a_document_that_has_them() -> None:
    assert shape("f(\r    a,\r)", "y = 1\rx = ", "\r").text == "f(\r    a,\r)"


@given(
    *[
        st.text(
            alphabet='ab()\n\r\t "1\x1b\x9b\u202e\u200b\u200c\u200d\ufe0f👩💻\u20e3می\U000e0041', max_size=20
        )
    ]
    * 3
)
def test_what_is_shown_is_a_beginning_and_has_nothing_hidden_that_the_line_lacks(
    middle: str, prefix: str, suffix: str
) -> None:
    shown = shape(middle, prefix, suffix).text
    assert middle.lstrip(" ").startswith(shown.lstrip(" "))
    line = prefix.rpartition("\n")[2] + suffix.partition("\n")[0]
    for hidden in "\x1b\x9b\u202e\u200b\U000e0041":
        assert hidden not in shown or hidden in line


ORDER = 'level != "user\u202e \u2066// Only admins\u2069 \u2066":'


async def test_decoding_ends_at_the_first_hidden_character_and_the_reason_says_so() -> None:
    engine = FakeEngine("\u202e" + "a" * 30)
    completer = Completer(engine, template_for(engine.vocabulary))
    answer = await completer.complete(Snapshot("/s/a.py", "python", "x = ", 4), Options())
    assert answer.completion is None
    assert answer.reason == "it would begin with a character that nobody sees"
    assert len(answer.generated) < 3


async def test_an_emoji_of_several_characters_comes_whole_though_they_come_one_by_one() -> None:
    engine = FakeEngine('"👩‍💻 1️⃣"\n')
    completer = Completer(engine, template_for(engine.vocabulary))
    answer = await completer.complete(Snapshot("/s/a.py", "python", "x = ", 4), Options())
    assert answer.completion is not None
    assert answer.completion.text == '"👩‍💻 1️⃣"'


async def test_neither_others_nor_the_rest_while_typing_along_have_hidden_characters() -> None:
    engine = FakeEngine(ORDER)
    engine.others = ["a\u200bb", "c\x1b]0;title\x07"]
    # Without the check of the syntax: what is left of this text leaves a string open.
    options = Options(candidates_max=3, check_ms_max=0.0)
    service = Service(options, loader=lambda options, progress: engine)
    await service.load()
    before = "if "
    answer = await service.complete(Snapshot("/s/a.py", "python", before, len(before), invoked=True))
    assert answer.completion is not None
    assert answer.completion.text == 'level != "user'
    assert [other.text for other in answer.alternatives] == ["a", "c"]
    before += "level"
    rest = await service.complete(Snapshot("/s/a.py", "python", before, len(before)))
    assert rest.completion is not None
    assert rest.completion.text == ' != "user'
    await service.close()
