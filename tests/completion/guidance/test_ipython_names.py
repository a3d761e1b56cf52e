"""Names that IPython gives to cells are neither refused nor called undefined there; elsewhere they are."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from holesmith.analysis.client import Reply
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import A, Question
from holesmith.completion.answer import Completion
from holesmith.completion.guidance.final_check import FinalCheck
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitors.monitor import Document


@dataclass(slots=True)
class Analyst:
    """Static analysis in this process, without a deadline."""

    analyser: JediAnalyser

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        return Reply(self.analyser.answer(question, Deadline.after_ms(60_000)), "", 1.0)


CELLS = "table = {'a': [1, 2]}\nfor key in table:\n    "
SCRIPT = f"# %%\n{CELLS}"
TEXTS = ("display(table[key])\n", "x = get_ipython()\n", "x = Out[3]\n", "x = In[-1] + _i\n")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("name", "before", "is_known"), [("a.ipynb", CELLS, True), ("a.py", SCRIPT, True), ("a.py", CELLS, False)]
)
async def test_names_of_ipython(text: str, name: str, before: str, tmp_path: Path, *, is_known: bool) -> None:
    analyst = Analyst(JediAnalyser(Options(str(tmp_path))))
    path = str(tmp_path / name)
    watcher = Watcher(Document(path, "python", before, ""), "", analyst)
    is_refused = False
    for character in text:
        watcher.add(character.encode())
        while pending := watcher.unanswered():
            await asyncio.wait(pending)
        is_refused = is_refused or watcher.rollback() is not None
    watcher.close()
    assert is_refused is not is_known
    check = FinalCheck(path, before + text, analyst, 1_000.0)
    checked = await check.check([Completion(text, len(before), len(before) + len(text), 0.5)])
    assert bool(checked.completions) is (is_known or "get_ipython" in text)
