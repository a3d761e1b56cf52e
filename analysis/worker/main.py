"""The analysis process: questions come on standard input, answers go to standard output, one by one.

``client`` starts it with an isolated module search path, so that no file of the workspace can take the place
of a module. The process never imports or runs the workspace, and it ends with its client. A question that
takes too long is interrupted; an analyser's exception becomes an answer of None; memory beyond the limit ends
the process, and the client starts another.
"""

import gc
import os
import time
from dataclasses import dataclass
from typing import Any, BinaryIO

from holesmith.analysis.analyser import Analyser
from holesmith.analysis.deadline import Overdue, interrupting
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.python.source_only_imports import forget_other_finders
from holesmith.analysis.questions import ANSWER_OF
from holesmith.analysis.wire import from_json, pack, read_message, to_json
from holesmith.system.memory import limit_memory, resident_bytes
from holesmith.system.parent_process import end_with_parent
from holesmith.system.pipes import has_input
from holesmith.system.process_priority import use_batch_scheduling

# Seconds without a question until the first and until the full garbage collection.
PAUSE_S = 0.3
IDLE_S = 10.0
# Answers without a pause between two garbage collections.
ANSWERS_MAX = 30
# Resident memory above which a short pause is used for a full collection.
CLEAR_OUT_BYTES = 400 * 1024**2
# Work on a question goes on so long after its deadline; see GracePeriod.
OVERTIME_MS = 1_500.0
# Seconds without overtime after a question that did not end in its overtime.
OVERTIME_PAUSE_S = 30.0
# A limit of the address space, so that one question cannot fill the memory of the machine.
ADDRESS_SPACE_BYTES_MAX = 6 * 1024**3
_QUESTIONS = {kind.__name__: kind for kind in ANSWER_OF}


def main() -> None:
    use_batch_scheduling()
    questions, answers = _private_pipes()
    end_with_parent(answers.fileno())
    limit_memory(ADDRESS_SPACE_BYTES_MAX)
    configuration = read_message(questions)
    if configuration is None:
        return
    forget_other_finders()
    analyser = JediAnalyser(from_json(configuration, Options))
    overtime, garbage = GracePeriod(), GarbageCollection()
    while (message := read_message(questions)) is not None:
        answers.write(pack(respond(analyser, message, overtime)))
        answers.flush()
        garbage.note_answer()
        if _is_idle(questions, PAUSE_S):
            garbage.tidy_up()
            if _is_idle(questions, IDLE_S):
                garbage.clear_out()


class GarbageCollection:
    """Run Python's garbage collection in pauses, never while a question is answered.

    The trees of a project are millions of objects that live long. A full collection takes up to two seconds,
    and Python would start one in the middle of any question.
    """

    def __init__(self) -> None:
        gc.set_threshold(0)  # gc.disable() is not enough: parso enables it again
        self._answers = 0
        self._is_cleared = True
        self._bytes_max = CLEAR_OUT_BYTES

    def note_answer(self) -> None:
        """Count an answer, and collect now if there was no pause for many answers."""
        self._is_cleared = False
        self._answers += 1
        if self._answers >= ANSWERS_MAX:
            self.tidy_up()

    def tidy_up(self) -> None:
        """Collect new objects in a short pause, and all objects if the process has grown large."""
        self._answers = 0
        gc.collect(1)
        if resident_bytes() > self._bytes_max:
            self.clear_out()
            self._bytes_max = max(resident_bytes() * 3 // 2, CLEAR_OUT_BYTES)

    def clear_out(self) -> None:
        """Collect all objects in a long pause, once after each period of work."""
        if not self._is_cleared:
            gc.collect()
            self._is_cleared = True


def _is_idle(questions: BinaryIO, seconds: float) -> bool:
    """True if no question comes within ``seconds``."""
    return not has_input(questions, seconds)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the client's pipes away from standard input and output, out of reach of anything that prints."""
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return questions, answers


@dataclass(slots=True)
class GracePeriod:
    """The time for which a question is worked on after its deadline, when nobody waits for it any more.

    Interrupted work is lost, and would be late again the next time: the first question about a large module
    may take longer than anybody waits. But a question that did not end in this time either takes it away from
    all questions for a while.
    """

    _not_before_s: float = 0.0

    def allowed_ms(self) -> float:
        """Return the overtime of the next question, in milliseconds."""
        return OVERTIME_MS if time.monotonic() >= self._not_before_s else 0.0

    def record_timeout(self) -> None:
        """Take the overtime away for a while."""
        self._not_before_s = time.monotonic() + OVERTIME_PAUSE_S


def respond(analyser: Analyser, message: list[Any], overtime: GracePeriod) -> list[Any]:
    """Answer one message of the client: [name of the question's class, question, deadline in milliseconds].

    Returns [answer or None, reason, time in milliseconds, resident bytes]. Never raises an error of an
    analyser.
    """
    name, data, budget_ms = message
    started = time.perf_counter()
    answer, reason = None, ""
    try:
        with interrupting(budget_ms, overtime.allowed_ms()) as deadline:
            answer = analyser.answer(from_json(data, _QUESTIONS[name]), deadline)
    except Overdue:
        reason = "late"
        overtime.record_timeout()
    except Exception as error:  # noqa: BLE001 # analysers fail in any way on strange code, and the worker goes on
        reason = f"{type(error).__name__}: {error}"[:500]
    elapsed_ms = (time.perf_counter() - started) * 1000
    return [to_json(answer), reason, elapsed_ms, resident_bytes()]


if __name__ == "__main__":
    main()
