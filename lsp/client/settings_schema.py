"""The settings as a JSON schema for editors and as a table for the manual, both made from `RULES`."""

from collections.abc import Mapping
from typing import Any, cast

from holesmith.lsp.settings import RULES, Rule, as_written


def settings_schema() -> Mapping[str, object]:
    """The JSON schema of the object under ``holesmith``, nested like its keys."""
    schema = _object("Settings of the Holesmith language server")
    for rule in RULES:
        *groups, name = rule.key.split(".")
        place = schema
        for group in groups:
            place = _properties(place).setdefault(group, _object(f"holesmith.{group}"))
        _properties(place)[name] = _property(rule)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def settings_table() -> str:
    """A Markdown table with one row for each setting."""
    rows = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    rows += [
        f"| `{rule.key}` | {rule.expectation} | `{as_written(rule.default)}` | {rule.description} |"
        for rule in RULES
    ]
    return "\n".join(rows)


def _object(title: str) -> dict[str, Any]:
    return {"title": title, "type": "object", "additionalProperties": False, "properties": {}}


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", schema["properties"])


def _property(rule: Rule) -> Mapping[str, object]:
    return {"description": rule.description, "default": rule.default, **_values(rule)}


def _values(rule: Rule) -> Mapping[str, object]:
    if rule.choices:
        return {"type": "string", "enum": list(rule.choices)}
    if rule.bounds is not None:
        kind = "number" if isinstance(rule.default, float) else "integer"
        return {"type": kind, "minimum": rule.bounds[0], "maximum": rule.bounds[1]}
    if isinstance(rule.default, bool):
        return {"type": "boolean"}
    return {"type": ["string", "null"] if rule.default is None else "string", "minLength": 1}
