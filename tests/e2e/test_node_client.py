"""The server through a second client that we did not write: the protocol library of VS Code, in Node."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import FAKE_SERVER

NODE = Path(__file__).with_name("node")
UNAVAILABLE = 3  # the exit status of `run` where there is no Node


async def run_node(script: str, job: dict[str, Any]) -> Any:
    """What the script printed; skips the test where there is no Node at all."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(NODE / "run"), script, stdin=pipe, stdout=pipe, stderr=pipe
    )
    output, errors = await asyncio.wait_for(process.communicate(json.dumps(job).encode()), 120)
    if process.returncode == UNAVAILABLE:
        pytest.skip(errors.decode().strip().splitlines()[-1])
    assert process.returncode == 0, errors.decode()
    return json.loads(output)


async def test_an_editors_library_sees_what_it_should() -> None:
    seen = await run_node("behave.mjs", {"command": FAKE_SERVER})
    assert seen["capabilities"]["positionEncoding"] == "utf-16"
    assert seen["capabilities"]["inlineCompletionProvider"] == {}
    end = {"line": 0, "character": 13}
    assert seen["inline"] == {"items": [{"insertText": "d(x)", "range": {"start": end, "end": end}}]}
    (entry,) = seen["menu"]["items"]
    assert entry["textEdit"] == {
        "newText": "fod(x)",
        "range": {"start": {"line": 0, "character": 11}, "end": end},
    }
    assert (seen["asked"]["path"], seen["asked"]["offset"]) == ("/shop/a.ts", 12)
    assert seen["asked"]["options"]["tokens_max"] == 7
    assert seen["problems"] == ["holesmith.odd is not a setting"]
    assert seen["cancelledWith"] == -32800
    assert seen["older"] is None
    assert len(seen["newer"]["items"]) == 1
    assert seen["failedWith"] == -32603
    assert seen["progress"] in ([], ["begin", "end"], ["begin", "report", "end"])
    assert seen["exitCode"] == 0


def test_the_lock_file_pins_hashes_and_names_no_registry() -> None:
    packages = json.loads((NODE / "package-lock.json").read_text())["packages"]
    fetched = [package for name, package in packages.items() if name]
    assert all("integrity" in package and "resolved" not in package for package in fetched)
    assert "://" not in (NODE / "package-lock.json").read_text()
