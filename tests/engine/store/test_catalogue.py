"""Names: which are known, which denote a hub repository, and what is pinned."""

import pytest
from holesmith.engine.store.catalogue import MODELS, HubRepository, default_model, nearest_names, resolve


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("owner/name", HubRepository("owner/name")),
        ("owner/name@v1.2", HubRepository("owner/name", "v1.2")),
        ("owner/name@refs/pr/3", HubRepository("owner/name", "refs/pr/3")),
        ("owner/name:q4_k_m.gguf", HubRepository("owner/name", "main", "q4_k_m.gguf")),
        ("owner/name@v1:deep/q4.gguf", HubRepository("owner/name", "v1", "deep/q4.gguf")),
    ],
)
def test_a_hub_reference_denotes_repository_revision_and_file(name: str, repository: HubRepository) -> None:
    model = resolve(name)
    assert model is not None
    assert (model.name, model.hub, model.pinned) == (name, repository, None)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nothing",
        "a/b/c",
        "../b",
        "a/..",
        "a/b@../c",
        "a/b:../c.gguf",
        "a/b:/etc/c.gguf",
        "a/b:weights.bin",
        "a/b@",
    ],
)
def test_other_names_denote_nothing(name: str) -> None:
    assert resolve(name) is None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_known_model_is_found_by_its_name_in_any_case(model: object) -> None:
    assert resolve(model.name.upper()) is model  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType]


def test_a_known_repository_is_its_known_model() -> None:
    by_repository = resolve("bigcode/starcoder2-3b")
    assert by_repository is resolve("starcoder2-3b")


def test_the_parts_of_a_pinned_file_are_the_whole_of_it() -> None:
    for model in MODELS:
        assert (model.carrier is None) == (model.pinned is None)
        if model.carrier is not None and model.pinned is not None:
            assert sum(part.bytes for part in model.carrier.parts) == model.pinned.bytes
            assert all(part.bytes > 0 and len(part.sha256) == 64 for part in model.carrier.parts)


def test_the_default_is_small_on_a_cpu_and_larger_on_a_gpu() -> None:
    assert default_model("cpu") == "qwen2.5-coder-0.5b"
    assert default_model("cuda:0") == "qwen2.5-coder-1.5b"


def test_misspelt_names_have_neighbours() -> None:
    assert nearest_names("qwen2.5-coder-1.5")[0] == "qwen2.5-coder-1.5b"
    assert nearest_names("zzz") == []
