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
        assert described == {**described, **in_the_editor(entry)}, name


def in_the_editor(entry: dict[str, Any]) -> dict[str, Any]:
    """The editor has no field for a text that may be null: an empty text stands for that."""
    if entry["default"] is not None:
        return entry
    description = entry["description"].replace("; null ", "; an empty text ")
    rest = {key: value for key, value in entry.items() if key != "minLength"}
    return {**rest, "type": "string", "default": "", "description": description}


def test_the_model_comes_first_and_every_setting_has_its_place() -> None:
    offered = manifest()["contributes"]["configuration"]["properties"]
    names = sorted(offered, key=lambda name: offered[name]["order"])
    assert names[:2] == ["holesmith.model", "holesmith.device"]
    assert [offered[name]["order"] for name in names] == list(range(len(names)))


def test_every_text_has_a_field_in_the_editors_settings() -> None:
    """For a type with null the editor shows only a link to a file."""
    offered = manifest()["contributes"]["configuration"]["properties"]
    assert not [name for name, entry in offered.items() if isinstance(entry["type"], list)]


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
