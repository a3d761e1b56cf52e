"""What a user gets who installs the wheel: it works outside the checkout, with every file that it needs.

The wheel is built from the source distribution, and installed into an environment of its own, which finds
the libraries in the one that runs the tests.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from lsprotocol import types

from tests.e2e.client import session
from tests.engine.raw_gguf import tiny, u32
from tests.scripts.checkout_copy import ROOT, copy_checkout, tracked_files

PACKAGES = {
    "analysis",
    "cli",
    "completion",
    "context",
    "engine",
    "evaluation",
    "kernels",
    "lsp",
    "system",
}
# `lsp --settings-schema` prints it, and a test keeps the two alike.
NOT_NEEDED = {"lsp/settings.schema.json"}
TIMEOUT_S = 240


@dataclass(frozen=True, slots=True)
class Installation:
    """An environment with nothing but the wheel in it, and the folders of a user who is new."""

    wheel: Path
    python: Path
    model: Path
    folder: Path

    @property
    def program(self) -> Path:
        return self.python.with_name("holesmith")

    def variables(self) -> Mapping[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        home = str(self.folder / "home")
        return kept | {"HOME": home, "HOLESMITH_MODELS": f"{home}/models", "HOLESMITH_CACHE": f"{home}/cache"}

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            cwd=self.folder / "project",
            env=dict(self.variables()),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("a bare machine, in Köln")
    wheel = build(copy_checkout(folder / "source"), folder / "built")
    python = install(wheel, folder / "environment")
    for name in ("home", "project"):
        (folder / name).mkdir()
    model = tiny("qwen2")
    model.set("qwen2.context_length", u32(4_096))
    return Installation(wheel, python, model.save(folder / "tiny.gguf"), folder)


def build(source: Path, target: Path) -> Path:
    """The wheel that is made from the source distribution that is made from the checkout."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "build", "--quiet", "--offline", "--no-config", "--no-build-isolation"]
    subprocess.run([*command, "--python", sys.executable, "--out-dir", target, source], check=True)
    (wheel,) = target.glob("*.whl")
    assert len(list(target.glob("*.tar.gz"))) == 1
    return wheel


def install(wheel: Path, environment: Path) -> Path:
    """The environment's interpreter."""
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-I", "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # Only its packages: the links to the checkout that lie beside them are not followed.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    lend_machine_code(packages / "holesmith" / "kernels")
    return python


def lend_machine_code(kernels: Path) -> None:
    """Compiling takes a minute: what earlier tests have compiled of the same source is used here, too."""
    for path in (ROOT / "kernels" / "__pycache__").glob("*.nb?"):
        (kernels / "__pycache__").mkdir(exist_ok=True)
        shutil.copy2(path, kernels / "__pycache__")
    for path in kernels.glob("*.py"):  # the compiler knows a source by its time
        shutil.copystat(ROOT / "kernels" / path.name, path)


def test_every_file_of_the_packages_is_in_the_wheel(installed: Installation) -> None:
    expected = {path.as_posix() for path in tracked_files() if path.parts[0] in PACKAGES} - NOT_NEEDED
    with zipfile.ZipFile(installed.wheel) as wheel:
        packed = {name.removeprefix("holesmith/") for name in wheel.namelist()}
    assert sorted(expected - packed) == []
    others = {name for name in packed if not name.startswith(f"{installed.wheel.stem.split('-py3')[0]}.")}
    assert sorted(others - expected) == ["__init__.py"]


def test_nothing_of_the_checkout_is_used(installed: Installation) -> None:
    asked = "import holesmith.cli.main as main, sys; print(main.__file__); print(*sys.path, sep='\\n')"
    result = subprocess.run(
        [installed.python, "-I", "-c", asked], capture_output=True, text=True, check=True, cwd="/"
    )
    file, *path = result.stdout.splitlines()
    assert Path(file).is_relative_to(installed.python.parents[1])
    assert str(ROOT) not in path


def test_the_demo_fills_its_holes(installed: Installation) -> None:
    result = installed.run("demo", "--model", installed.model)
    assert "Traceback" not in result.stderr
    assert result.stdout.count("tokens of prompt") == 3
    assert "bookshop/catalogue.py, line " in result.stdout


def test_the_doctor_finds_everything_in_place(installed: Installation) -> None:
    result = installed.run("doctor", "--model", installed.model)
    assert "Traceback" not in result.stderr
    findings = {line[9:].split("  ")[0].strip(): line[:9].strip() for line in result.stdout.splitlines()}
    healthy = ("python", "packages", "torch", "cache directory", "model directory", "grammars", "analysis")
    assert {name: findings.get(name) for name in healthy} == dict.fromkeys(healthy, "ok")


def test_a_file_is_completed(installed: Installation) -> None:
    source = installed.folder / "project" / "größe.py"
    source.write_text("def add(first, second):\n    return \n", encoding="utf-8")
    result = installed.run("complete", source, "2", "11", "--json", "--model", installed.model)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["prompt_tokens"] > len("def add")


def test_the_suite_that_comes_with_it_is_found(installed: Installation) -> None:
    folder = installed.folder / "run"
    result = installed.run("eval", "own", "--model", installed.model, "--limit", "1", "--out", folder)
    assert result.returncode == 0, result.stderr
    assert "<html" in (folder / "report.html").read_text(encoding="utf-8")


def test_the_settings_are_printed(installed: Installation) -> None:
    printed = json.loads(installed.run("lsp", "--settings-schema").stdout)
    assert printed == json.loads((ROOT / "lsp" / "settings.schema.json").read_text(encoding="utf-8"))


async def test_the_server_answers_an_editor(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in installed.variables().items():
        monkeypatch.setenv(name, value)
    settings = {"model": str(installed.model)}
    async with session(settings, command=(str(installed.program), "lsp")) as opened:
        assert opened.result.server_info is not None
        assert opened.result.capabilities.inline_completion_provider is not None
        opened.open("def add(first, second):\n    return \n")
        answer = await opened.ask_inline(1, 11, invoked=True)
        assert isinstance(answer, types.InlineCompletionList)
