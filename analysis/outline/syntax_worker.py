"""The syntax process: it reads texts from standard input, and writes their outlines to standard output.

tree-sitter can't always be interrupted and holds the GIL. On some short texts it works for seconds or takes
gigabytes. In this process that does no harm: the client ends this process and starts another.
"""

import os
import sys

from holesmith.analysis.outline.insertion import soundness_of
from holesmith.analysis.outline.symbols import mentions_of, symbols_of
from holesmith.analysis.outline.syntax_errors import syntax_errors_of
from holesmith.analysis.wire import pack, read_message, to_json
from holesmith.system.memory import limit_memory
from holesmith.system.parent_process import end_with_parent

ADDRESS_SPACE_BYTES_MAX = 2 * 1024**3
READERS = {
    "symbols": symbols_of,
    "mentions": mentions_of,
    "errors": syntax_errors_of,
    "soundness": soundness_of,
}


def main() -> None:
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    end_with_parent(answers.fileno())
    limit_memory(ADDRESS_SPACE_BYTES_MAX)
    while (question := read_message(questions)) is not None:
        kind, language, *texts = question
        answers.write(pack(to_json(READERS[kind](language, *texts))))
        answers.flush()


if __name__ == "__main__":
    main()
