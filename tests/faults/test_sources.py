"""Any text may be source code: what is asked of it raises nothing, and ends soon, in every language.

These functions run in the server, some of them on its event loop.
"""

import gc
import random
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pytest
from holesmith.analysis.outline.grammars import LANGUAGES
from holesmith.analysis.outline.import_statements import imports_of_statement
from holesmith.analysis.outline.symbols import mentions_of, symbols_of
from holesmith.analysis.syntax.languages.registry import rules_of
from holesmith.analysis.syntax.lexer import tokenize
from holesmith.analysis.syntax.stops import is_multiline_place, stops_of
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.monitors.argument_place import argument_place
from holesmith.completion.monitors.import_list import (
    is_before_list,
    is_behind_name,
    is_name_place,
    list_begin,
)
from holesmith.completion.postprocess.extent import extent_of
from holesmith.completion.postprocess.indentation import indentation_of, reindented
from holesmith.completion.postprocess.line_indentation import is_indented
from holesmith.completion.postprocess.repetition import repetition_start
from holesmith.completion.postprocess.shaping import shape
from holesmith.completion.snapshot import Snapshot
from holesmith.context.index.chunks import chunks_of
from holesmith.context.request import ContextRequest
from holesmith.context.surroundings import Surroundings

BRACED = """\
import { a } from "./b";
/* comment */ export class Shelf extends Base { // 'quote
    private books: Map<string, Book> = new Map(); static string t = $"a{b}c" + `x${y}z` + r#"raw"#;
    public String find(int year) { return year > 0 ? this.books.get("a\\"b") : null; }
}
#include <stdio.h>
func main() { fmt.Println('x', <a b="c">text</a>) }
"""
INDENTED = '''\
from shop import (a as b,
    c)
@wrap(1)
class Shelf(Base):
    """Doc."""
    books: dict[str, "Book"] = {}

    async def find(self, year: int = 3, *rest) -> "Book | None":
        return self.books[f"{year!r:>{width}}"] if year else [x for x in rest][0](a, *b, c=d)
'''
CHARACTERS = "()[]{}<>'\"`\\/*#$@:;,.=\n\r\t \0\x0c\u2028\u202e😀é\ufeff\ud800aZ_9"
WORDS = (
    *("if", "class", "def ", "import ", "from x import ", "return", "/*", "*/", '"""', "'''", "${", 'f"{'),
    *('R"a(', "=>", "<!--", "#if", "\\\n", "    "),
)
MUTANTS = 12
SECONDS_MAX = 1.0
SIZE = 40_000

HOSTILE = {
    "brackets": "(" * 120_000,
    "mixed brackets": "[{(<" * 30_000,
    "closers": ")" * 120_000,
    "operators": "x = " + "1 + " * 30_000,
    "dots": "a." * 60_000,
    "quotes": "'" * 119_999,
    "interpolations": 'f"{' * 40_000,
    "templates": "`${" * 40_000,
    "comments": "/*" * 60_000,
    "generics": "a<" * 60_000,
    "pipes": "|" * 120_000,
    "one word": "x" * 120_000,
    "spaces": " " * 120_000,
    "continued lines": "\\\n" * 60_000,
    "empty lines": "\n" * 120_000,
    "carriage returns": "\r" * 120_000,
    "nested blocks": "".join(" " * depth + "if x:\n" for depth in range(480)),
    "nested functions": "def f(x=(" * 13_000,
    "decorators": "@a\n" * 40_000,
    "not": "not " * 30_000,
    "lambdas": "lambda x: " * 12_000,
    "commas": "f(" + "a, " * 40_000,
    "imports": "from a import (" + "b as c, " * 15_000,
    "NUL": "\0" * 120_000,
    "invisible": "\u202e\u2066\u200b" * 40_000,
    "lines of one bracket": "(\n" * 60_000,
    "case": "x if y else " * 10_000,
    "hashes": "#if a\n" * 20_000,
    "spaced names": ("a" * 50 + " ") * 2_400,
}


def on_the_loop(language: str, prefix: str, suffix: str) -> Iterator[str]:
    """What the pipeline asks of the text around the cursor, step by step."""
    context = HoleContext(Snapshot("/s/a", language, prefix + suffix, len(prefix)))
    excerpt = context.excerpt
    yield "excerpt"
    assert context.hole.kind
    yield "hole"
    stops = stops_of(excerpt)
    yield "stops_of"
    argument_place(excerpt)
    is_name_place(excerpt)
    yield "argument_place"
    if is_multiline_place(excerpt):
        stops.block_stop("x\n")
    yield "is_multiline_place"
    is_before_list(prefix[-2_000:])
    is_behind_name(prefix[-2_000:])
    repetition_start(prefix[-2_000:])
    list_begin(prefix)
    is_indented(context)
    yield "list_begin"
    level = indentation_of(prefix, suffix)
    yield "indentation_of"
    for lines in ("auto", "multi"):
        extent = extent_of(context, lines)
        for middle in ("", "x:\n    y\n", '("', prefix[-40:] + suffix[:40]):
            extent.stop_of(middle)
            yield f"extent {lines} {middle[:2]!r}"
    for middle in ("", "x:\n    y\n", prefix[-40:] + suffix[:40]):
        reindented(middle, prefix.rpartition("\n")[2], level or "  ")
        shape(middle, prefix, suffix, level)
        yield "shape"


def of_words(text: str, place: int) -> Iterator[str]:
    """What context asks of the text without its syntax, step by step."""
    around = Surroundings(ContextRequest(Path("/w"), "a", "python", text[:place], text[place:]), 500, 100)
    for name in around.called_names[:3]:
        around.type_of_variable(name)
    yield "called_names"
    assert around.receiver is None or around.receiver
    yield "receiver"
    assert around.distance_of_name is not None
    yield "distance_of_name"


def of_the_file(language: str, text: str) -> None:
    """What context and index ask of the whole text."""
    tokenize(rules_of(language), text)
    mentions_of(language, text)
    found = symbols_of(language, text)
    assert "".join(chunk.text for chunk in chunks_of(text, found.symbols)) == text


def mutants(source: str, draw: random.Random) -> Sequence[str]:
    """Real code with pieces deleted, doubled, moved, and with characters that have no business there."""
    made = list[str]()
    for _ in range(MUTANTS):
        text = source
        for _ in range(draw.randint(1, 6)):
            start = draw.randrange(len(text) + 1)
            stop = min(start + draw.choice((0, 1, 3, 40)), len(text))
            inserted = draw.choice(
                ("", draw.choice(WORDS), text[start:stop] * 2, "".join(draw.choices(CHARACTERS, k=5)))
            )
            text = text[:start] + inserted + text[stop:]
        made.append(text)
    return [
        *made,
        *(draw.randbytes(400).decode("latin-1") for _ in range(4)),
        "".join(draw.choices(CHARACTERS, k=600)),
    ]


@pytest.mark.parametrize("language", [*sorted(LANGUAGES), "unknown", ""])
def test_mutated_code_and_random_bytes_raise_nothing(language: str) -> None:
    draw = random.Random(language)
    for text in mutants(INDENTED if language == "python" else BRACED, draw):
        for place in (0, len(text), *draw.choices(range(len(text) + 1), k=3)):
            deque(on_the_loop(language, text[:place], text[place:]), 0)
        deque(of_words(text, draw.randrange(len(text) + 1)), 0)
        of_the_file(language, text.encode("utf-8", "replace").decode())
        for line in text.split("\n"):
            imports_of_statement(language, line, 0)


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Without garbage collection: late in a run of all tests, one collection takes a second."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_step_long(name: str) -> None:
    """In some of the languages each; time is that of this thread, so that a busy machine changes little.

    Trees of syntax are not here: they are built where they can be given up.
    """
    text = HOSTILE[name][:SIZE]
    for language in random.Random(name).sample((*sorted(LANGUAGES), "unknown"), 2):
        for place in (len(text) // 2, len(text)):
            began = time.thread_time()
            for step in chain(on_the_loop(language, text[:place], text[place:]), of_words(text, place)):
                assert time.thread_time() - began < SECONDS_MAX, (language, place, step)
                began = time.thread_time()
