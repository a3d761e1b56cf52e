"""The analysis worker, started by a test, with a note of all code that it runs while it answers.

The one argument is the file for the notes: a line for each module that is executed and each library that is
loaded, as Python's audit events tell them.
"""

import sys
from pathlib import Path
from typing import Any

from holesmith.analysis.worker import main


def note_code(notes: Path) -> None:
    file = notes.open("a", encoding="utf-8", buffering=1)

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec" and hasattr(arguments[0], "co_filename"):
            print(event, arguments[0].co_filename, file=file)
        elif event == "import" and isinstance(arguments[1], str):
            print(event, arguments[1], file=file)
        elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "socket.connect"):
            print(event, arguments, file=file)

    sys.addaudithook(note)


if __name__ == "__main__":
    note_code(Path(sys.argv[1]))
    main.main()
