"""The syntax process: reads texts from standard input, and writes what is in them to standard output.

tree-sitter can't be interrupted everywhere and holds the interpreter's lock. On some short texts it works for
seconds or takes gigabytes. Here that does no harm: whoever asked ends this process and starts another.
"""

import contextlib
import json
import os
import sys

from holesmith.analysis.outline.symbols import mentions_of, symbols_of
from holesmith.analysis.processes.parent_process import end_with_parent
from holesmith.analysis.wire import LENGTH, MESSAGE_BYTES_MAX, pack, to_json

ADDRESS_SPACE_BYTES_MAX = 2 * 1024**3
READERS = {"symbols": symbols_of, "mentions": mentions_of}


def main() -> None:
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    end_with_parent(answers.fileno())
    _bound_memory()
    while len(header := questions.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(header)
        assert length <= MESSAGE_BYTES_MAX, "the client bounds what it sends"
        kind, language, text = json.loads(questions.read(length))
        answers.write(pack(to_json(READERS[kind](language, text))))
        answers.flush()


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES_MAX, hard))


if __name__ == "__main__":
    main()
