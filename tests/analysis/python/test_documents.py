"""What a worker has been asked before never changes what it answers later."""

import gc
import os
import random
from collections.abc import Generator
from pathlib import Path

import pytest
from holesmith.analysis.deadline import Deadline, Overdue, interrupting
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import (
    ExpectedTypeQuestion,
    MembersQuestion,
    Question,
    ScopeQuestion,
    Source,
    StaticErrorsQuestion,
    WarmUpQuestion,
)
from parso.cache import parser_cache

SHOP = Path(__file__).parents[2] / "fixtures" / "analysis"
PATIENCE = Deadline.after_ms(3_600_000)


@pytest.fixture
def analyser(tmp_path: Path) -> JediAnalyser:
    return JediAnalyser(Options(str(tmp_path)))


def members(analyser: JediAnalyser, path: Path | None, text: str) -> set[str]:
    """The names at the mark."""
    offset = text.index("‸")
    source = Source(None if path is None else str(path), text.replace("‸", ""))
    answer = analyser.answer(MembersQuestion(source, offset), PATIENCE)
    assert answer is not None
    return {member.name for member in answer.members}


def test_text_of_a_question_is_not_taken_for_the_file(analyser: JediAnalyser, tmp_path: Path) -> None:
    library, user = tmp_path / "library.py", tmp_path / "user.py"
    library.write_text("class Part:\n    saved = 1\n\nPART = Part()\n")
    text = "from library import Part\nPart().‸\n"
    assert "unsaved" in members(analyser, library, "class Part:\n    unsaved = 1\n\nPart().‸\n")
    assert {"saved", "unsaved"} & members(analyser, user, text) == {"saved"}
    assert "unsaved" in members(analyser, library, "class Part:\n    unsaved = 1\n\nPart().‸\n\n")
    assert {"saved", "unsaved"} & members(analyser, user, text + "\n") == {"saved"}


def test_document_that_another_imports_is_the_unsaved_one(analyser: JediAnalyser, tmp_path: Path) -> None:
    (tmp_path / "document.py").write_text("class Part:\n    saved = 1\n")
    (tmp_path / "other.py").write_text("from document import Part\n\ndef make() -> Part: ...\n")
    text = "from other import make\n\nclass Part:\n    unsaved = 1\n\nmake().‸\n"
    assert {"saved", "unsaved"} & members(analyser, tmp_path / "document.py", text) == {"unsaved"}


def test_document_that_another_imports_is_the_newest_text(analyser: JediAnalyser, tmp_path: Path) -> None:
    """Also where the other has been read for an earlier text of the document."""
    (tmp_path / "document.py").write_text("")
    (tmp_path / "other.py").write_text("from document import Part\n\ndef make() -> Part: ...\n")
    os.utime(tmp_path / "other.py", (1_000_000_000, 1_000_000_000))
    for name in ("first", "second", "third"):
        text = f"from other import make\n\nclass Part:\n    {name} = 1\n\nmake().‸\n"
        found = members(analyser, tmp_path / "document.py", text)
        assert {"first", "second", "third"} & found == {name}


def test_module_that_was_made_on_disk_is_found(analyser: JediAnalyser, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "old.py").write_text("class Part:\n    first = 1\n")
    for path in (*package.iterdir(), package, tmp_path):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    text = "from package import old, new\nold.Part().‸\n"
    assert "first" in members(analyser, tmp_path / "user.py", text)
    (package / "new.py").write_text("class Part:\n    second = 1\n")
    assert "second" in members(analyser, tmp_path / "user.py", text.replace("old.Part", "new.Part"))


def test_file_that_was_changed_on_disk_is_read_again(analyser: JediAnalyser, tmp_path: Path) -> None:
    library, user = tmp_path / "library.py", tmp_path / "user.py"
    library.write_text("class Part:\n    first = 1\n")
    os.utime(library, (1_000_000_000, 1_000_000_000))
    text = "from library import Part\nPart().‸\n"
    assert "first" in members(analyser, user, text)
    library.write_text("class Part:\n    second = 1\n")
    assert "second" in members(analyser, user, text + "\n")


def test_warm_up_is_done_in_slices_and_changes_no_answer(analyser: JediAnalyser, tmp_path: Path) -> None:
    """Also where a piece of it cannot be analysed, and for a member that comes with a later text."""
    (tmp_path / "library.py").write_text("class Part:\n    first = 1\n\ndef make() -> Part: ...\n")
    head = "import os\nfrom library import Part, make\n\nclass Own:\n    a = 1\n\ndef f(own: Own):\n"
    text = f"{head}    os.path.join('a')\n    (raise).x\n    make().first\n    own.a\n"
    source, begins, begin = Source(str(tmp_path / "user.py"), text), list[int](), 0
    while begin is not None:
        begins.append(begin)
        warmed = analyser.answer(WarmUpQuestion(source, len(text), begin), PATIENCE)
        assert warmed is not None
        begin = warmed.rest
    assert begins == sorted(set(begins))
    assert "first" in members(analyser, tmp_path / "user.py", f"{text}    make().‸\n")
    later = text.replace("a = 1", "a = b = 1")
    assert {"a", "b"} <= members(analyser, tmp_path / "user.py", f"{later}    own.‸\n")


def test_between_questions_only_files_are_in_the_cache(analyser: JediAnalyser, tmp_path: Path) -> None:
    path = tmp_path / "document.py"
    path.write_text("")
    for middle in ("x", "xy", "xyz"):
        members(analyser, path, f"{middle} = ''\n{middle}.‸\n")
        assert not any(path in files for files in parser_cache.values())


@pytest.fixture
def no_garbage_collection() -> Generator[None]:
    """As in the worker: an interruption that falls into a callback of the collector is lost."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collection")
def test_interrupted_question_leaves_nothing_behind(analyser: JediAnalyser, tmp_path: Path) -> None:
    """A tree may be half changed when the time is over; the next text must not be made from it."""
    path = tmp_path / "document.py"
    lines = [f"class Part{n}:\n    def method{n}(self) -> 'Part{n}': ...\n" for n in range(300)]
    chooser = random.Random(1)
    for budget_ms in (1, 2, 4, 8, 16, 32):
        changed = lines[:100] + chooser.sample(lines[100:], 150)
        with pytest.raises(Overdue):
            ask_for_ms(analyser, path, "".join(changed), budget_ms)
        assert not any(path in files for files in parser_cache.values())
        text = "".join(changed[:40])
        assert "method7" in members(analyser, path, f"{text}\nPart7().method7().‸\n")


def ask_for_ms(analyser: JediAnalyser, path: Path, text: str, budget_ms: float) -> None:
    """Ask about texts that grow, until the time is over."""
    with interrupting(budget_ms):
        while True:
            text += "\nPart7()."
            analyser.answer(MembersQuestion(Source(str(path), text), len(text)), PATIENCE)


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    """Everything that is asked of a worker that has seen a hundred half-written texts, asked of a new one."""
    chooser = random.Random(7)
    warm = JediAnalyser(Options(str(SHOP)))
    for path in sorted((SHOP / "shop").rglob("*.py")) + sorted(SHOP.glob("members_*.py")):
        text = path.read_text(encoding="utf-8").replace("‸", "")
        for _ in range(3):
            question = chosen_question(chooser, path, text)
            answer = warm.answer(question, PATIENCE)
            parser_cache.clear()
            fresh = JediAnalyser(Options(str(SHOP)))
            assert answer == fresh.answer(question, PATIENCE), question


def chosen_question(chooser: random.Random, path: Path, text: str) -> Question[object]:
    offset = chooser.randrange(len(text)) if text else 0
    dot = text.find(".", offset) + 1
    rest = text.find("\n", offset)
    cut = Source(str(path), text[:offset] + (text[rest:] if rest >= 0 else ""))
    return chooser.choice(
        (
            MembersQuestion(Source(str(path), text), dot or offset),
            ExpectedTypeQuestion(cut, offset),
            ScopeQuestion(cut, offset),
            StaticErrorsQuestion(cut, max(offset - 200, 0), offset),
        )
    )


def test_scopes_of_a_tree_that_is_changed_bit_by_bit_are_those_of_a_new_tree(
    analyser: JediAnalyser, tmp_path: Path
) -> None:
    chooser = random.Random(3)
    text = (SHOP / "members_class.py").read_text(encoding="utf-8")
    for _ in range(15):
        offset = chooser.randrange(len(text))
        edit = chooser.choice(("\n\nx0 = x1\n", "x2.", "(", "    ", "def f(x3):\n    return x3\n", "class "))
        text = text[:offset] + edit + text[offset + chooser.choice((0, 0, 5)) :]
        question = ScopeQuestion(Source(str(tmp_path / "user.py"), text), offset)
        answer = analyser.answer(question, PATIENCE)
        parser_cache.clear()
        assert answer == JediAnalyser(Options(str(tmp_path))).answer(question, PATIENCE), edit
