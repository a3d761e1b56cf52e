"""A word begun at the cursor with which no member begins: what the model invents from it is withheld."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from holesmith.analysis.client import Reply
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import A, Question
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitors.monitor import Document

CLASS = "class A:\n    def register(self): ...\n\n    def f(self, x):\n        "


@dataclass(slots=True)
class Analyst:
    """Static analysis in this process, without a deadline."""

    analyser: JediAnalyser

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        return Reply(self.analyser.answer(question, Deadline.after_ms(60_000)), "", 1.0)


@pytest.mark.parametrize(
    ("before", "healed", "generated", "objection"),
    [
        (f"{CLASS}return self", ".regw", ".regwidth()\n", "there is no member that begins with regw"),
        (f"{CLASS}self", ".regw", ".regwidth()\n", "there is no member that begins with regw"),
        (f"{CLASS}return self", ".reg", ".register()\n", ""),
        (f"{CLASS}return self", ".reg", ".regw()\n", ""),  # led on to a member that there is
        (f"{CLASS}return self", ".", ".regwidth()\n", ""),
        # A new attribute, and receivers of which not everything is known.
        (f"{CLASS}self", ".regw", ".regwidth = 1\n", ""),
        (f"{CLASS}return x", ".regw", ".regwidth()\n", ""),
        (f"{CLASS}return self.unknown", ".regw", ".regwidth()\n", ""),
        ("class A(Unknown):\n    def f(self):\n        return self", ".regw", ".regwidth()\n", ""),
        # Used nearby already.
        (f"{CLASS}self.regwidth()\n        return self", ".regw", ".regwidth()\n", ""),
        ("re", "gw", "gwidth()\n", ""),
    ],
)
async def test_an_invented_name_is_objected_to_where_all_members_are_known(
    before: str, healed: str, generated: str, objection: str, tmp_path: Path
) -> None:
    analyst = Analyst(JediAnalyser(Options(str(tmp_path))))
    document = Document(str(tmp_path / "main.py"), "python", before, "\n")
    watcher = Watcher(document, healed, analyst)
    for character in generated:
        watcher.add(character.encode())
        while pending := watcher.unanswered():
            await asyncio.wait(pending)
        if watcher.rollback() is not None:
            break
    report = watcher.report(0.0)
    watcher.close()
    assert report.objection == objection
