"""Without what Python lacks on Windows, commands work as ever or say in one line what does not.

A simulation: it finds what our code takes for granted, not what Windows does otherwise.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.client import session
from tests.engine.raw_gguf import tiny, u32

RUN = (sys.executable, "-P", str(Path(__file__).with_name("as_on_windows.py")))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tiny("qwen2")
    file.set("qwen2.context_length", u32(4_096))
    return str(file.save(tmp_path_factory.mktemp("model") / "tiny.gguf"))


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "HOME": str(tmp_path), "HOLESMITH_MODELS": str(tmp_path / "models")}
    return subprocess.run(
        [*RUN, *arguments],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("--version",), "holesmith 0."),
        (("doctor",), "jedi lists "),
        (("model", "list"), "qwen2.5-coder-0.5b"),
        (
            ("model", "path", "qwen2.5-coder-0.5b"),
            "error: the model qwen2.5-coder-0.5b is not on this machine",
        ),
        (("index", "."), "1 files, 1 symbols"),
        (("complete", "shop.py", "2", "11", "--json", "--model", "MODEL"), '"prompt_tokens": '),
        (("eval", "own", "--limit", "1", "--out", "run", "--model", "MODEL"), "exact_match"),
        (("lsp", "--settings-schema"), '"inline"'),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else None,
)
def test_a_command_does_its_work(
    tmp_path: Path, model: str, arguments: tuple[str, ...], printed: str
) -> None:
    (tmp_path / "shop.py").write_text("def price(book):\n    return \n", encoding="utf-8")
    result = run(tmp_path, *(model if word == "MODEL" else word for word in arguments))
    assert "Traceback" not in result.stderr
    assert printed in result.stdout + result.stderr


async def test_the_server_answers_an_editor(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with session({"model": model}, command=(*RUN, "lsp")) as opened:
        opened.open("def price(book):\n    return \n")
        assert await opened.ask_inline(1, 11, invoked=True) is not None
