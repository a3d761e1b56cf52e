"""The pipeline from a snapshot to what the editor shows, with an engine that says what it is told to."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.snapshot import Selected, Snapshot
from holesmith.context.prompt.templates import template_for

from tests.fakes import FakeEngine

CURSOR = "<CURSOR>"
OPTIONS = Options()


def snapshot_of(document: str, path: str = "/shop/basket.py", language: str = "python") -> Snapshot:
    prefix, suffix = document.split(CURSOR)
    return Snapshot(path, language, prefix + suffix, len(prefix), workspace="/shop")


async def answer_of(
    snapshot: Snapshot, written: str | Callable[[str], str], options: Options = OPTIONS
) -> tuple[Answer, FakeEngine]:
    engine = FakeEngine(written)
    answer = await Completer(engine, template_for(engine.vocabulary)).complete(snapshot, options)
    return answer, engine


async def check(
    document: str, written: str, expected: str | None, options: Options = OPTIONS, language: str = "python"
) -> Answer:
    """``expected`` is inserted at the cursor when the model writes ``written``; None for no completion."""
    snapshot = snapshot_of(document, language=language)
    answer, _ = await answer_of(snapshot, written, options)
    if expected is None:
        assert answer.completion is None
        assert answer.reason
    else:
        assert answer.completion is not None, answer.reason
        assert answer.completion.text == expected
        assert answer.completion.start == answer.completion.stop == snapshot.offset
    return answer


@pytest.mark.parametrize(
    ("document", "written", "expected"),
    [
        # One line where text stands right of the cursor.
        ("x = f(<CURSOR>)\n", "a, b)\ny = 2\n", "a, b"),
        ("x = f(<CURSOR>) + 1\n", "a,\n  b", "a,"),
        # The statement, over several lines while a bracket is open.
        ("x = <CURSOR>\n", "1\ny = 2\nz = 3\n", "1"),
        ("x = <CURSOR>\n", "[\n    1,\n    2,\n]\ny = 2\n", "[\n    1,\n    2,\n]"),
        # The block, where one begins.
        ("def f(x):\n    <CURSOR>\n", "y = x\n    return y\n\n\ndef g():\n    pass\n", "y = x\n    return y"),
        ("def f(x):<CURSOR>\n", "\n    return x\n\nprint(1)\n", "\n    return x"),
        # A statement that opens a block goes on to its end.
        (
            "a = 1\n<CURSOR>\n\nb = 2\n",
            "for x in a:\n    print(x)\n    print(a)\nprint(b)\n",
            "for x in a:\n    print(x)\n    print(a)",
        ),
        # The rest of a header is a line like any other.
        ("if isinst<CURSOR>\n", "ance(x, int):\n    print(x)\n", "ance(x, int):"),
        # So is prose.
        ('def f():\n    """Say <CURSOR>\n', 'it.\n\n    And more.\n    """\n', "it."),
    ],
)
async def test_a_completion_ends_where_its_line_statement_or_block_ends(
    document: str, written: str, expected: str
) -> None:
    await check(document, written, expected)


async def test_languages_with_braces_end_at_the_closing_brace() -> None:
    document = "class A {\n  int f(int x) {\n    <CURSOR>\n  }\n}\n"
    written = "int y = x;\n    return y;\n  }\n\n  int g() {\n"
    await check(document, written, "int y = x;\n    return y;", language="java")


async def test_lines_setting_forces_one_line_or_a_block() -> None:
    document, written = "def f(x):\n    <CURSOR>\n", "y = x\n    return y\n"
    await check(document, written, "y = x", replace(OPTIONS, lines="single"))
    document = "def f(x):\n    y = x\n    <CURSOR>\n"
    await check(
        document, "z = y\n    return z\nprint()\n", "z = y\n    return z", replace(OPTIONS, lines="multi")
    )


@pytest.mark.parametrize(
    ("document", "written"),
    [
        ("x = <CURSOR>\n", "\n\n"),
        ("x = <CURSOR>\n", ""),
        ("f(<CURSOR>)\n", ")"),
        ("x = 1<CURSOR>\n", "\ny = 2"),
    ],
)
async def test_nothing_is_offered_when_the_model_has_nothing_to_say(document: str, written: str) -> None:
    await check(document, written, None)


async def test_decoding_stops_as_soon_as_the_statement_has_ended() -> None:
    answer, engine = await answer_of(snapshot_of("x = <CURSOR>\n"), "1\n" + "y = 2\n" * 500)
    assert answer.finish in ("cancelled", "length")
    assert len(answer.generated) < 100
    assert len(engine.requests) == 1


async def test_a_middle_cut_by_the_limit_of_tokens_has_no_half_line() -> None:
    options = replace(OPTIONS, tokens_max=14)
    await check("def f(x):\n    <CURSOR>\n", "y = x\n    z = y\n    return z\n", "y = x", options)


async def test_the_word_at_the_cursor_is_demanded_of_the_model_and_not_shown_again() -> None:
    snapshot = snapshot_of("basket.tot<CURSOR>\n")
    answer, engine = await answer_of(snapshot, "al()\n")
    assert engine.requests[0].healed_prefix == b".tot"
    assert answer.completion is not None
    assert answer.completion.text == "al()"
    assert engine.prompt_text(engine.requests[0]).endswith("<|fim_middle|>basket")


async def test_characters_of_several_tokens_come_out_whole() -> None:
    await check("x = <CURSOR>\n", '"größe 😀"\n', '"größe 😀"')


async def test_a_selected_menu_item_counts_as_typed() -> None:
    snapshot = replace(snapshot_of("basket.to<CURSOR>\n"), selected=Selected(7, 9, "total"))
    answer, engine = await answer_of(snapshot, "(1)\n")
    assert engine.requests[0].healed_prefix == b".total"
    assert answer.completion is not None
    assert (answer.completion.start, answer.completion.stop) == (7, 9)
    assert answer.completion.text == "total(1)"


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        ("KEY=<CURSOR>\n", "/shop/.env", "secrets"),
        ("KEY=<CURSOR>\n", "/shop/.env.production", "secrets"),
        ("x\0<CURSOR>", "/shop/a.py", "binary"),
        ("# a comment <CURSOR>\n", "/shop/a.py", "comment"),
        ("na<CURSOR>me = 1\n", "/shop/a.py", "word"),
        ("name<CURSOR>1 = 1\n", "/shop/a.py", "word"),
        ("name = 1<CURSOR>0\n", "/shop/a.py", "word"),
        ("x = '" + "a" * 6000 + "<CURSOR>'\n", "/shop/a.py", "line"),
    ],
)
async def test_where_nothing_is_offered_the_model_is_not_asked(document: str, path: str, reason: str) -> None:
    answer, engine = await answer_of(snapshot_of(document, path), "secret")
    assert answer.completion is None
    assert reason in answer.reason
    assert not engine.requests


@pytest.mark.parametrize(
    ("language", "document", "is_comment"),
    [
        ("shellscript", "  # the <CURSOR>\n", True),
        ("sql", "-- the <CURSOR>\n", True),
        ("kotlin", "val x = 1\n// the <CURSOR>\n", True),
        ("kotlin", "val x = <CURSOR>\n", False),
        ("markdown", "# the <CURSOR>\n", False),
    ],
)
async def test_comments_are_known_in_languages_without_a_lexer_too(
    language: str, document: str, is_comment: bool
) -> None:
    answer, engine = await answer_of(snapshot_of(document, language=language), "answer\n")
    assert (not engine.requests) == is_comment
    assert ("comment" in answer.reason) == is_comment


async def test_a_comment_is_completed_on_request() -> None:
    snapshot = replace(snapshot_of("# the <CURSOR>\n"), invoked=True)
    answer, _ = await answer_of(snapshot, "answer\n")
    assert answer.completion is not None
    await check("# the <CURSOR>\n", "answer\n", "answer", replace(OPTIONS, in_comments=True))


async def test_cancelling_the_request_stops_the_engine() -> None:
    engine = FakeEngine("x" * 1000)
    engine.gate.clear()
    completer = Completer(engine, template_for(engine.vocabulary))
    task = asyncio.create_task(completer.complete(snapshot_of("y = <CURSOR>\n"), OPTIONS))
    while not engine.streams:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await engine.streams[0].result()).finish == "cancelled"


async def test_an_answer_says_how_it_came_about() -> None:
    answer, _ = await answer_of(snapshot_of("x = <CURSOR>\n"), "1\n")
    assert answer.model == "fake"
    assert answer.prompt_tokens > 0
    assert "<|fim_middle|>" in answer.prompt
    assert {"syntax", "prompt", "prefill", "decode", "shaping", "total"} <= set(answer.timings_ms)
    assert answer.completion is not None
    assert 0 < answer.completion.confidence <= 1
