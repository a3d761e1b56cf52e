"""The extension's manifest: the settings are the server's, and what a workspace has no say in."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "editors" / "vscode"


def leaves(schema: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, entry in schema["properties"].items():
        if "properties" in entry:
            yield from leaves(entry, f"{prefix}{name}.")
        else:
            yield prefix + name, entry


def manifest() -> dict[str, Any]:
    return json.loads((FOLDER / "package.json").read_text())


def test_the_settings_are_the_servers() -> None:
    """If it fails: ``npm run settings`` in editors/vscode writes them anew."""
    offered = manifest()["contributes"]["configuration"]["properties"]
    schema = json.loads((ROOT / "lsp" / "settings.schema.json").read_text())
    expected = dict(leaves(schema, "holesmith."))
    assert {name for name in offered if not name.startswith("holesmith.editor.")} == expected.keys()
    for name, entry in expected.items():
        described = {**offered[name], "description": offered[name]["markdownDescription"]}
        assert described == {**described, **entry}, name


def test_every_command_of_the_manifest_is_registered_and_none_is_hidden() -> None:
    declared = {entry["command"] for entry in manifest()["contributes"]["commands"]}
    source = (FOLDER / "src" / "commands.ts").read_text()
    table = source[source.index("const actions") : source.index("};", source.index("const actions"))]
    registered = {f"holesmith.{name}" for name in re.findall(r"^    (\w+): ", table, re.M)} | {
        "holesmith.menu"
    }
    assert declared == registered


def test_it_is_off_in_workspaces_that_are_not_trusted() -> None:
    assert manifest()["capabilities"]["untrustedWorkspaces"]["supported"] is False
    assert manifest()["extensionKind"] == ["workspace"]


def test_only_the_user_names_files_and_programs() -> None:
    """A workspace's settings are no better than the workspace. A new setting of free text has to be judged here."""
    offered = manifest()["contributes"]["configuration"]["properties"]
    texts = {name for name, entry in offered.items() if "string" in entry["type"] and "enum" not in entry}
    assert texts - {"holesmith.device", "holesmith.context.sources"} == {
        name for name, entry in offered.items() if entry["scope"] == "machine"
    }
    assert "holesmith.model" in texts
