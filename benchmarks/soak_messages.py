"""Faults of a client: messages that are malformed, hostile, too fast, too slow or nonsense."""

import asyncio
import sysconfig
from pathlib import Path

from soak_client import framed
from soak_document import END, SPECIAL_CHARACTERS, Document
from soak_faults import Fault, Stage

KEYS_OF_STORM, GAP_OF_STORM = 60, 0.05
HOSTILE: tuple[tuple[str, str], ...] = (
    ("python", "(" * 120_000),
    ("python", "x = " + "[{" * 60_000),
    ("python", "a." * 60_000),
    ("python", "not " * 30_000),
    ("python", "x = " + "1 + " * 30_000),
    ("python", "if x:\n" + "".join(" " * depth + "if x:\n" for depth in range(1, 400))),
    ("python", "'" * 119_999),
    ("python", 'f"{' * 30_000),
    ("java", "{" * 120_000),
    ("typescript", "<" * 120_000),
    ("cpp", "a<" * 60_000),
    ("rust", "|" * 120_000),
    ("nonsense", "(" * 120_000),
    ("python", "\0" * 120_000),
    ("python", "\u202e\u2066😀" * 30_000),
    ("python", "x" * 120_000),
    ("python", "\\\n" * 60_000),
)
NONSENSE: tuple[object, ...] = (
    None,
    7,
    [],
    {"holesmith": {"inline": 7, "context": {"promptTokensMax": -1}}},
    {"holesmith": {"model": "/dev/zero", "device": "cuda:99"}},
    {"holesmith": {"model": "no/such/model", "weights": "int3"}},
    {"holesmith": {"analysis": {"python": "/dev/zero"}, "monitor.answerMsMax": 1e308}},
    {"holesmith": {"x" * 1_000: {"y": {"z": [1] * 1_000}}}},
)
# Each is answered once, with an error that has this id.
MALFORMED: tuple[tuple[int | str | None, bytes], ...] = (
    (None, b"Content-Length: 1\r\n\r\n{"),
    (None, b"Content-Length: 4\r\n\r\n\xff\xfe\0\0"),
    (None, b"Content-Length: 50000\r\n\r\n" + b"[" * 50_000),
    (None, framed([])),
    (None, framed({})),
    (None, framed({"jsonrpc": "2.0", "id": None, "method": "shutdown"})),
    (-7, framed({"jsonrpc": "1.0", "id": -7, "method": "shutdown"})),
    (-8, framed({"jsonrpc": "2.0", "id": -8, "method": "no/such"})),
    (-9, framed({"jsonrpc": "2.0", "id": -9, "method": "initialize", "params": {}})),
    (-10, framed({"jsonrpc": "2.0", "id": -10, "method": "textDocument/didOpen", "params": {}})),
    (-11, framed({"jsonrpc": "2.0", "id": -11, "method": "holesmith/explain", "params": {"x": 1}})),
    ("é", framed({"jsonrpc": "2.0", "id": "é", "method": "textDocument/completion", "params": 3})),
)
UNANSWERED: tuple[bytes, ...] = (
    b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
    framed({"jsonrpc": "2.0", "id": 3, "result": None}),
    framed({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"contentChanges": 7}}),
    framed({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": None}),
    framed({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 10**9}}),
    framed({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": [1]}}),
)


async def malformed(stage: Stage) -> None:
    for number, message in stage.draw.sample(MALFORMED, 6):
        stage.client.expect(number, "a malformed message")
        stage.client.write(message)
    for message in stage.draw.sample(UNANSWERED, 3):
        stage.client.write(message)
    await stage.stand(0.2, 1)


async def ids_twice(stage: Stage) -> None:
    """Two requests with one id: two answers."""
    for number in range(-100, -90):
        for method in ("holesmith/status", "holesmith/explain", "chatlsp/aiTutorial"):
            stage.client.ask(method, None, number)
    await stage.stand(0.2, 1)


async def asked_at_once(stage: Stage) -> None:
    """200 requests without a pause."""
    document = _any(stage)
    for _ in range(200):
        method = stage.draw.choice(("holesmith/status", "textDocument/completion", "chatlsp/expectedType"))
        place = document.place(stage.draw.randrange(len(document.text) + 1))
        stage.client.ask(method, None if method == "holesmith/status" else place)
    await stage.stand()


async def storm(stage: Stage) -> None:
    """20 keys a second, each request cancelled by the next; the last must be answered, not cancelled."""
    document = _any(stage)
    place = document.cursor
    last = document.ask()
    for number in range(KEYS_OF_STORM):
        await asyncio.sleep(GAP_OF_STORM)
        document.edit(place + number, place + number, "abcdefgh ="[number % 10])
        last = document.ask()
    answer = await last.answer
    if "error" in answer and document.asked is last:
        stage.client.ledger.fail("the last request of a storm", f"{answer['error']} ({stage.client.step})")
    await document.client.drain()
    document.edit(place, place + KEYS_OF_STORM, "")


async def hostile_document(stage: Stage) -> None:
    language, text = stage.draw.choice(HOSTILE)
    document = Document(stage.client, (stage.folder / "hostile.py").as_uri(), text, language)
    document.cursor = stage.draw.choice((0, len(text) // 2, len(text)))
    document.ask(invoked=True)
    document.ask(cancels=False)
    stage.client.ask("holesmith/explain", document.place(len(text)))
    stage.client.ask("holesmith/status")
    document.edit(0, 1, "x")
    document.ask(cancels=False)
    await stage.stand(1, 3)
    document.close()


async def positions_odd(stage: Stage) -> None:
    """Edits and questions at reversed, huge and halved positions, in a document of their own."""
    document = Document(stage.client, "untitled:odd%20%F0?#x", "a😀b\r\n\u2028c\rd\n", "python")
    for line, character in ((0, 2), (END, END), (1, 0), (0, END), (2, 1)):
        place = {"textDocument": {"uri": document.uri}, "position": {"line": line, "character": character}}
        stage.client.ask("chatlsp/expectedType", place)
        stage.client.ask("textDocument/completion", place)
    whole = {"start": {"line": END, "character": END}, "end": {"line": 0, "character": 0}}
    changes = [{"range": whole, "text": "x = 1\n"}]
    version = {"uri": document.uri, "version": -3}
    stage.client.notify("textDocument/didChange", {"textDocument": version, "contentChanges": changes})
    document.text, document.cursor = "x = 1\n", 6
    if (difference := await document.difference(stage.draw, asks_model=False)) is not None:
        stage.client.ledger.fail("out of step after a reversed range", difference)
    document.close()


async def characters_odd(stage: Stage) -> None:
    """Astral characters, line ends of all kinds, and what only looks like one, typed and deleted again."""
    document = _any(stage)
    place = document.cursor
    typed = stage.draw.choices(SPECIAL_CHARACTERS, k=12)
    for character in typed:
        document.type(character)
        document.ask()
    document.edit(place, place + len("".join(typed)), "")


async def pasted(stage: Stage) -> None:
    """A megabyte comes and goes."""
    document = _any(stage)
    place = document.cursor
    text = "value = compute(1, 'é😀')\r\n" * 40_000
    document.edit(place, place, text)
    document.ask()
    await stage.stand(0.2, 2)
    start = document.text.find(text)
    if start >= 0:
        document.edit(start, start + len(text), "")


async def settings_nonsense(stage: Stage) -> None:
    """Another model would take its time to come back, so that one is left alone most of the time."""
    nonsense = [each for each in NONSENSE if "model" not in str(each) or stage.draw.random() < 0.3]
    for settings in stage.draw.sample(nonsense, 2):
        stage.client.notify("workspace/didChangeConfiguration", {"settings": settings})
        await stage.stand(0.2, 2)
    stage.client.notify("workspace/didChangeConfiguration", {"settings": {"holesmith": stage.settings}})


async def not_reading(stage: Stage) -> None:
    """Until the pipe is full, and longer."""
    stage.client.reads.clear()
    for _ in range(400):
        stage.client.ask("chatlsp/aiTutorial")
    await stage.stand(3, 6)
    stage.client.reads.set()


async def libraries_opened(stage: Stage) -> None:
    """Files of ten folders outside of the workspace, as by "go to definition"."""
    folder = Path(sysconfig.get_path("stdlib"))
    packages = sorted({path.parent for path in folder.glob("*/*.py")})
    modules = [sorted(package.glob("*.py"))[0] for package in stage.draw.sample(packages, 10)]
    opened = [Document(stage.client, path.as_uri(), path.read_text("utf-8", "replace")) for path in modules]
    for number, document in enumerate(opened):
        if number % 4 == 0:  # a new prompt for each would take a slow machine longer than the bound
            document.ask(cancels=False)
        await asyncio.sleep(0.3)
    await stage.stand(1, 3)
    for document in opened:
        document.close()


def _any(stage: Stage) -> Document:
    return stage.draw.choice(stage.documents)


MESSAGE_FAULTS: tuple[Fault, ...] = (
    malformed,
    ids_twice,
    asked_at_once,
    storm,
    hostile_document,
    positions_odd,
    characters_odd,
    pasted,
    settings_nonsense,
    not_reading,
    libraries_opened,
)
