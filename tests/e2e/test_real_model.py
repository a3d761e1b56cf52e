"""From an editor's request to ghost text out of a real model, with nothing in between that is not real."""

from pathlib import Path

import pytest
from holesmith.engine.files.weight_source import WeightSource
from lsprotocol import types

from tests.e2e.client import REAL_SERVER, Session, session
from tests.e2e.test_node_client import run_node

pytestmark = pytest.mark.slow

SHAPES = '''\
"""Areas of simple shapes."""

import math


def circle_area(radius: float) -> float:
    return math.pi * radius * radius


def rectangle_area(width: float, height: float) -> float:
    return '''


async def test_a_real_completion_reaches_two_clients(
    tmp_path: Path, real_model_path: WeightSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    uri = (tmp_path / "shapes.py").as_uri()
    settings = {"model": str(real_model_path.path)}
    folders = (tmp_path.as_uri(),)
    async with session(settings, command=REAL_SERVER, folders=folders, ready=False) as opened:
        await opened.status_with(health="ready")
        opened.open(SHAPES, uri)
        item = await opened.inline(10, 11, uri)
        assert str(item.insert_text).strip() == "width * height"
        assert item.range == types.Range(types.Position(10, 11), types.Position(10, 11))
        explanation = await opened.explain()
        assert explanation["prompt_tokens"] > 20
        assert explanation["timings_ms"]["decode"] > 0
        await refuses_secrets(opened, tmp_path)
    job = {
        "command": REAL_SERVER,
        "folder": tmp_path.as_uri(),
        "settings": settings,
        "documents": [
            {
                "uri": uri,
                "language": "python",
                "text": SHAPES,
                "position": {"line": 10, "character": 11},
            }
        ],
    }
    result = await run_node("complete.mjs", job)
    assert result["exitCode"] == 0
    (answer,) = result["answers"]
    assert answer["text"] == item.insert_text


async def refuses_secrets(opened: Session, folder: Path) -> None:
    uri = (folder / ".env").as_uri()
    opened.open("API_KEY=", uri)
    answer = await opened.ask_inline(0, 8, uri, invoked=True)
    assert answer is not None
    assert answer.items == ()
    assert (await opened.explain())["reason"] == "files that hold secrets are never completed"
