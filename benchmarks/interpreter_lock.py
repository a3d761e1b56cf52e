"""How long hostile text holds the interpreter's lock, for which every other request would have to wait.

    python benchmarks/interpreter_lock.py [--characters 1500000] [--language LANGUAGE ...]

Each text is one document that is completed at its end and in its middle, by the whole pipeline but for the
model: the engine of the tests writes a fixed text. Meanwhile a thread looks at the clock every half
millisecond. The time between two looks counts as held as far as this process has worked in it, so that other
programs on a core do not count. Printed is the longest for each language, with the text it was in. Run it on
a quiet machine.
"""

import argparse
import asyncio
import sys
import threading
import time
from pathlib import Path

from holesmith.completion.options import Options
from holesmith.completion.pipeline import Completer
from holesmith.completion.snapshot import Snapshot
from holesmith.context.prompt.templates import template_for

sys.path.append(str(Path(__file__).parents[1]))
from tests.fakes import FakeEngine  # the tests are beside the benchmarks, not installed

LOOK_S = 0.0005
WRITTEN = "total(a, b) + x.y(z)[0]"
LANGUAGES = ("python", "typescript", "java", "rust", "ini")
PIECES = {
    "opening brackets": "(",
    "lines of brackets": "(" * 4_000 + "\n",
    "quotes": '"',
    "triple quotes": '"""\n',
    "backslashes": "\\",
    "spaces": " ",
    "empty lines": "\n",
    "carriage returns": "\r",
    "one name": "a",
    "a chain of members": "a.",
    "one argument after another": "a, ",
    "digits": "1",
    "emoji": "😀",
    "combining accents": "e\u0301",
    "nested f-strings": 'f"{',
    "nested templates": "`${",
    "comment marks": "#",
    "opened comments": "/*",
    "braces": "{}",
    "generics": "<",
    "imports": "from a import (",
    "lambdas": "lambda ",
    "functions": "def f(a, b):\n    return a + b\n\n",
    "deeper and deeper": "".join(" " * depth + "x\n" for depth in range(500)),
}


class Clock:
    """The longest time between two looks at the clock, as far as this process worked in it, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        clock, processor = time.perf_counter(), time.process_time()
        while True:
            time.sleep(LOOK_S)
            clock_now, processor_now = time.perf_counter(), time.process_time()
            self.longest = max(self.longest, min(clock_now - clock, processor_now - processor))
            clock, processor = clock_now, processor_now


async def measure(languages: list[str], characters: int) -> None:
    clock = Clock()
    for language in languages:
        worst: list[tuple[float, str]] = []
        for name, piece in PIECES.items():
            text = piece * (characters // len(piece)) + "\nx = "
            for place, offset in (("its end", len(text)), ("its middle", len(text) // 2)):
                engine = FakeEngine(WRITTEN)
                completer = Completer(engine, template_for(engine.vocabulary))
                clock.longest = 0.0
                await completer.complete(Snapshot("/s/a", language, text, offset, invoked=True), Options())
                worst.append((clock.longest, f"{name}, at {place}"))
        held, where = max(worst)
        print(f"{language}: {held * 1000:.0f} ms at most ({where}), of {len(worst)} completions", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long hostile text holds the lock.")
    parser.add_argument("--characters", type=int, default=1_500_000)
    parser.add_argument("--language", nargs="+", default=list(LANGUAGES))
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.language, arguments.characters))


if __name__ == "__main__":
    main()
