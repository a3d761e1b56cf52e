"""Where modules are looked for: as Python would in the project, not beside any document."""

from pathlib import Path

import pytest
from holesmith.analysis.answers import Members
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import MembersQuestion, Source

FILES = {
    "app/__init__.py": "",
    "app/parts.py": "class Part:\n    size = 1\n",
    "app/transport/__init__.py": "",
    "app/transport/etcd.py": "",
    "app/transport/json.py": "own = 1\n",
    "scripts/tool.py": "class Tool:\n    blade = 1\n",
    "scripts/deep/run.py": "",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def analyser(root: Path, tmp_path_factory: pytest.TempPathFactory) -> JediAnalyser:
    return JediAnalyser(Options(str(root)))


def check(analyser: JediAnalyser, path: Path, statement: str, expression: str) -> Members:
    text = f"{statement}\nprint({expression}."
    question = MembersQuestion(Source(str(path), text), len(text))
    answer = analyser.answer(question, Deadline.after_ms(60_000))
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("name", "statement", "expression", "member"),
    [
        ("app/transport/etcd.py", "import json", "json", "dumps"),
        ("app/transport/etcd.py", "from . import json", "json", "own"),
        ("app/transport/etcd.py", "from ..parts import Part", "Part()", "size"),
        ("app/transport/etcd.py", "from app.parts import Part", "Part()", "size"),
        ("scripts/tool.py", "from app.parts import Part", "Part()", "size"),
        ("scripts/main.py", "from tool import Tool", "Tool()", "blade"),
        ("scripts/deep/run.py", "from tool import Tool", "Tool()", "blade"),
        ("scripts/deep/run.py", "from scripts.tool import Tool", "Tool()", "blade"),
    ],
)
def test_module_is_found(
    analyser: JediAnalyser, root: Path, name: str, statement: str, expression: str, member: str
) -> None:
    answer = check(analyser, root / name, statement, expression)
    assert answer.is_complete, answer.reason
    assert member in {each.name for each in answer.members}


def test_module_of_a_package_is_no_library_of_that_name(analyser: JediAnalyser, root: Path) -> None:
    """``app/transport/etcd.py`` imports a library that is not installed here, not itself."""
    answer = check(analyser, root / "app/transport/etcd.py", "import etcd", "etcd")
    assert not answer.members
    assert answer.reason == "import of etcd is not resolved"
