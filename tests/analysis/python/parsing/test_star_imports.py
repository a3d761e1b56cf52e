"""A star import binds the names that its module exports, and of two the last one counts."""

from pathlib import Path

import pytest
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.jedi_analyser import JediAnalyser
from holesmith.analysis.questions import CallQuestion, Source

FIRST = "def find(first): ...\n"
PATIENCE = Deadline.after_ms(3_600_000)


@pytest.mark.parametrize(
    ("first", "parameter"),
    [
        ("__all__ = ['other']\n", "last"),
        ("__all__ = ('other',)\n", "last"),
        ("__all__: list[str] = ['other']\n__all__ += ['more']\n__all__.extend(['again'])\n", "last"),
        ("__all__ = ['find']\n", "last"),
        ("", "last"),
    ],
)
def test_the_last_module_that_exports_the_name_counts(tmp_path: Path, first: str, parameter: str) -> None:
    (tmp_path / "first.py").write_text(FIRST + first)
    (tmp_path / "last.py").write_text("def find(last): ...\n")
    for text in (
        "from first import *\nfrom last import *\nfind(‸)\n",
        "from package import *\nfind(‸)\n",
    ):
        (tmp_path / "package.py").write_text("from first import *\nfrom last import *\n")
        assert parameters(tmp_path, text) == {parameter}


@pytest.mark.parametrize(
    ("exports", "expected"),
    [
        ("__all__ = ['other']\n", {"last"}),
        ("__all__ = ['find']\n", {"first"}),
        ("__all__ = names()\n", {"first"}),
        ("__all__ = ['other'] + names()\n", {"first"}),
        ("__all__ = ['other']\n__all__ += last.__all__\n", {"first"}),
    ],
)
def test_what_is_not_exported_is_not_bound_where_that_is_certain(
    tmp_path: Path, exports: str, expected: set[str]
) -> None:
    (tmp_path / "first.py").write_text(FIRST + exports)
    (tmp_path / "last.py").write_text("def find(last): ...\n")
    assert parameters(tmp_path, "from last import *\nfrom first import *\nfind(‸)\n") == expected


def parameters(root: Path, text: str) -> set[str]:
    """The parameters of the function that is called at the mark."""
    offset = text.index("‸")
    source = Source(str(root / "user.py"), text.replace("‸", ""))
    answer = JediAnalyser(Options(str(root))).answer(CallQuestion(source, offset), PATIENCE)
    assert answer is not None
    return {parameter.name for signature in answer.signatures for parameter in signature.parameters}
