"""Settings: read from every shape a client sends, with one line for each thing that is wrong."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from holesmith.completion.options import Options
from holesmith.lsp.client.settings_schema import settings_schema
from holesmith.lsp.settings import RULES, Settings, read_settings
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
MODEL = "a name from `holesmith model list`, an absolute path or null"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["inline", "lines", "x"]), inner)
    ),
)


def test_nothing_given_means_the_defaults() -> None:
    assert read_settings() == read_settings(None) == read_settings({}) == (Settings(), ())
    assert Settings().options == replace(
        Options(),
        confidence_min=Settings().confidence_min,
        candidates_max=Settings().candidates_max,
        look_ahead=True,
    )


@pytest.mark.parametrize(
    "source",
    [
        {"inline": {"lines": "single"}},
        {"inline.lines": "single"},
        {"holesmith": {"inline": {"lines": "single"}}},
        {"holesmith": {"inline.lines": "single"}},
        {"holesmith.inline.lines": "single"},
    ],
)
def test_every_way_of_writing_a_key_is_read(source: object) -> None:
    assert read_settings(source) == (Settings(lines="single"), ())


def test_later_sources_win_setting_by_setting() -> None:
    first = {"model": "a", "inline": {"lines": "single", "tokensMax": 9}}
    settings, problems = read_settings(first, {"inline": {"lines": "multi"}})
    assert (settings.model, settings.lines, settings.tokens_max, problems) == ("a", "multi", 9, ())


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            {"inline": {"tokensMax": "many"}},
            "holesmith.inline.tokensMax must be a whole number from 1 to 1,024, not 'many'; 64 is used",
        ),
        (
            {"inline": {"tokensMax": True}},
            "holesmith.inline.tokensMax must be a whole number from 1 to 1,024, not true; 64 is used",
        ),
        (
            {"inline": {"lines": "all"}},
            "holesmith.inline.lines must be one of auto, single, multi, not 'all'; auto is used",
        ),
        (
            {"monitor": {"enabled": 1}},
            "holesmith.monitor.enabled must be true or false, not 1; true is used",
        ),
        (
            {"model": ""},
            f"holesmith.model must be {MODEL}, not ''; null is used",
        ),
        (
            {"analysis": {"python": ".venv"}},
            "holesmith.analysis.python must be an absolute path or null, not '.venv'; null is used",
        ),
        ({"device": None}, "holesmith.device must be a string, not null; auto is used"),
        ({"inline": {"line": "x"}}, "holesmith.inline.line is not a setting"),
        ({"colour": {"a": 1}}, "holesmith.colour is not a setting"),
        ({"inline": False}, "holesmith.inline is not a setting"),
        (["x"], "holesmith: the settings must be an object; the defaults are used"),
    ],
)
def test_what_is_wrong_is_named_once_and_its_default_used(source: object, problem: str) -> None:
    assert read_settings(source) == (Settings(), (problem,))


@pytest.mark.parametrize(
    "path",
    [
        *("./weights.gguf", "weights.gguf", "a/weights.gguf", "a/b/c", "../m", "a/../../m", "..", "."),
        *("~", "~root/m", "file:///m.gguf", "/m\0.gguf", "a/b:../m.gguf", "m ", "a/m.gguf:/m.gguf"),
        *("C:m.gguf", "\\\\host\\m"),
    ],
)
def test_a_file_of_the_current_folder_is_no_setting(path: str) -> None:
    for key in ("model", "analysis.python"):
        settings, problems = read_settings({key: path})
        assert settings == Settings()
        assert len(problems) == 1
        assert "an absolute path" in problems[0]


@pytest.mark.parametrize(
    "model",
    ["qwen2.5-coder-0.5b", "Qwen/Qwen2.5-Coder-0.5B-GGUF", "a/b@main:q4/b.gguf", "/m/b.gguf", "/m", None],
)
def test_models_are_named_or_absolute(model: str | None) -> None:
    settings, problems = read_settings({"model": model})
    assert (settings.options.model, problems) == (model, ())


def test_the_home_folder_may_be_written_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    settings, problems = read_settings({"model": "~/b.gguf", "analysis.python": "~/env"})
    assert (settings.options.model, settings.options.python) == ("/home/me/b.gguf", "/home/me/env")
    assert problems == ()


@given(st.lists(JSON, max_size=3))
def test_no_settings_at_all_can_make_reading_fail(sources: list[object]) -> None:
    settings, problems = read_settings(*sources)
    assert all(rule.accepts(getattr(settings, rule.field)) for rule in RULES)
    assert all("\n" not in problem for problem in problems)


def test_every_setting_has_a_rule_that_its_default_obeys() -> None:
    assert [rule.field for rule in RULES] == [field.name for field in fields(Settings)]
    assert all(rule.accepts(rule.default) for rule in RULES)


def test_every_option_of_completion_can_be_set() -> None:
    names = {field.name for field in fields(Options)}
    assert names <= {field.name for field in fields(Settings)}


def test_sources_of_context_are_named_with_commas_and_a_wrong_name_is_told() -> None:
    settings, problems = read_settings({"context": {"sources": "similar, bm25"}})
    assert settings.options.sources == {"similar", "bm25"}
    assert not problems
    settings, problems = read_settings({"context": {"sources": "similar, everything"}})
    assert settings.options.sources is None
    assert len(problems) == 1
    assert "some of" in problems[0]


def test_the_committed_schema_is_the_one_of_the_settings() -> None:
    committed = json.loads((ROOT / "lsp" / "settings.schema.json").read_text())
    assert committed == settings_schema(), "write it anew: holesmith lsp --settings-schema"
