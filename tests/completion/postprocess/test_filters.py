"""Files that are never completed: secrets by their own name or by that of the file a link leads to."""

from pathlib import Path

import pytest
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.options import Options
from holesmith.completion.postprocess.filters import refusal_of
from holesmith.completion.snapshot import Snapshot

CODE = "def contexts(config: dict) -> list[str]:\n    names = []\n    names."


def refusal(path: Path) -> str | None:
    return refusal_of(HoleContext(Snapshot(str(path), "python", CODE, len(CODE), invoked=True)), Options())


@pytest.mark.parametrize(
    "name",
    [
        "kubeconfig.py",
        ".env.example",
        ".docker/build.py",
        ".aws/handler.py",
        "id_rsa_parser.py",
        "secrets.ts",
    ],
)
def test_code_and_templates_are_completed_whatever_they_are_called(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path / name) is None


@pytest.mark.parametrize(
    "name", [".env", ".env.local", ".env.production", "kubeconfig", "id_rsa", ".aws/credentials"]
)
def test_secrets_are_not_completed(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path / name) == "files that hold secrets are never completed"


def test_a_link_to_a_secret_is_not_completed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEY=1")
    (tmp_path / "config.py").symlink_to(".env")
    assert refusal(tmp_path / "config.py") == "files that hold secrets are never completed"
