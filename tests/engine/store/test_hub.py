"""Pulling from a model hub: which files, checked against which hash, resumed where."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from holesmith.engine.errors import DownloadError
from holesmith.engine.store.catalogue import Model, resolve
from holesmith.engine.store.download import Transport, pull_model
from holesmith.engine.store.store import find, stored_model

from tests.engine.download_fakes import (
    COMMIT,
    HUB_ID,
    FakeHub,
    carried_model,
    no_registry,
    parted_content,
    serving_hub,
)

LAYOUT: Mapping[str, bytes] = {
    "README.md": b"# tiny\n",
    "config.json": b'{"model_type": "qwen2"}',
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "model-00001-of-00002.safetensors": b"first" * 1_000,
    "model-00002-of-00002.safetensors": b"second" * 1_000,
    "model.safetensors.index.json": b"{}",
    "consolidated.safetensors": b"the same once more",
    "pytorch_model.bin": b"a pickle",
    "modeling_tiny.py": b"raise SystemExit",
    "onnx/model.onnx": b"onnx",
}
WANTED = {
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
}


def model_named(name: str) -> Model:
    model = resolve(name)
    assert model is not None
    return model


def pull_from(hub: FakeHub, root: Path, name: str = HUB_ID) -> Path:
    return pull_model(model_named(name), root, Transport(no_registry, hub.endpoint)).path


def check_refused(hub: FakeHub, root: Path, message: str, name: str = HUB_ID) -> None:
    """The pull fails with one line that holds ``message``, and stores nothing."""
    with pytest.raises(DownloadError) as caught:
        pull_from(hub, root, name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert stored_model(model_named(name), root) is None


def test_only_configuration_tokenizer_and_safetensors_are_stored(tmp_path: Path) -> None:
    with serving_hub(LAYOUT) as hub:
        directory = pull_from(hub, tmp_path)
    assert {path.name for path in directory.iterdir()} == WANTED | {"holesmith.json"}
    for name in WANTED:
        assert (directory / name).read_bytes() == LAYOUT[name]
    assert set(hub.paths_fetched()) == WANTED


def test_the_record_states_commit_licence_and_every_hash(tmp_path: Path) -> None:
    with serving_hub(LAYOUT) as hub:
        pull_from(hub, tmp_path)
    stored = stored_model(model_named(HUB_ID), tmp_path)
    assert stored is not None
    assert (stored.record.revision, stored.record.licence) == (COMMIT, "mit")
    assert {file.path: file.bytes for file in stored.record.files} == {
        name: len(LAYOUT[name]) for name in WANTED
    }
    assert all(len(file.sha256) == 64 for file in stored.record.files)


def test_a_revision_is_a_model_of_its_own(tmp_path: Path) -> None:
    with serving_hub(LAYOUT) as hub:
        pull_from(hub, tmp_path, f"{HUB_ID}@v2")
    assert find(f"{HUB_ID}@v2", tmp_path).layout == "huggingface"
    assert stored_model(model_named(HUB_ID), tmp_path) is None


def test_one_gguf_of_several_by_its_name(tmp_path: Path) -> None:
    files = {"q4.gguf": b"GGUF four", "deep/q8.gguf": b"GGUF eight"}
    with serving_hub(files) as hub:
        check_refused(hub, tmp_path, f"name one GGUF file as {HUB_ID}:FILE (it has deep/q8.gguf, q4.gguf)")
        check_refused(
            hub, tmp_path, "has no file q5.gguf (it has deep/q8.gguf, q4.gguf)", f"{HUB_ID}:q5.gguf"
        )
        path = pull_from(hub, tmp_path, f"{HUB_ID}:deep/q8.gguf")
    assert path.read_bytes() == b"GGUF eight"
    assert find(f"{HUB_ID}:deep/q8.gguf", tmp_path).path == path


def test_the_only_gguf_needs_no_name(tmp_path: Path) -> None:
    with serving_hub({"tiny.gguf": b"GGUF", "README.md": b""}) as hub:
        assert pull_from(hub, tmp_path).name == "tiny.gguf"


def test_pickles_are_never_fetched(tmp_path: Path) -> None:
    with serving_hub({"config.json": b"{}", "pytorch_model.bin": b"a pickle"}) as hub:
        check_refused(hub, tmp_path, "has only pickled weights, which could run code and are never read")
    assert hub.paths_fetched() == []


def test_a_repository_without_weights_is_refused(tmp_path: Path) -> None:
    with serving_hub({"README.md": b"nothing"}) as hub:
        check_refused(hub, tmp_path, "has neither safetensors nor GGUF files")


@pytest.mark.parametrize("name", ["model-00002-of-00002.safetensors", "config.json"])
def test_content_without_the_stated_hash_is_removed_and_fetched_again(tmp_path: Path, name: str) -> None:
    with serving_hub(LAYOUT) as hub:
        hub.served[name] = b"!" + LAYOUT[name][1:]
        check_refused(
            hub, tmp_path, f"{name} arrived without the hash that the hub states for it; it was removed"
        )
        hub.served.clear()
        directory = pull_from(hub, tmp_path)
    assert (directory / name).read_bytes() == LAYOUT[name]


def test_a_pinned_hash_is_compared_before_anything_is_fetched(tmp_path: Path) -> None:
    pinned = carried_model(parted_content())
    with serving_hub({"tiny.gguf": b"GGUF of another release"}) as hub:
        with pytest.raises(DownloadError, match="does not have the pinned SHA-256; it was not fetched"):
            pull_model(pinned, tmp_path, Transport(no_registry, hub.endpoint))
        assert hub.requests == []


def test_a_broken_transfer_goes_on_where_it_broke(tmp_path: Path) -> None:
    content = b"GGUF" + bytes(24 << 20)
    with serving_hub({"tiny.gguf": content}) as hub:
        hub.broken_once.add("tiny.gguf")
        assert pull_from(hub, tmp_path).read_bytes() == content
    assert hub.requests == [("tiny.gguf", None), ("tiny.gguf", f"bytes={10 << 20}-")]


def test_a_later_pull_does_not_fetch_whole_files_again(tmp_path: Path) -> None:
    with serving_hub(LAYOUT) as hub:
        hub.refusals["model-00002-of-00002.safetensors"] = (500, "")
        check_refused(hub, tmp_path, "it answered 500")
        hub.refusals.clear()
        pull_from(hub, tmp_path)
    assert hub.paths_fetched().count("model-00001-of-00002.safetensors") == 1


def test_what_another_commit_left_is_not_mixed_in(tmp_path: Path) -> None:
    left = tmp_path / ".partial" / HUB_ID.replace("/", "--")
    left.mkdir(parents=True)
    (left / ".commit").write_text("another")
    (left / "config.json").write_bytes(b"?" * len(LAYOUT["config.json"]))
    (left / "model-00009-of-00009.safetensors").write_bytes(b"old")
    with serving_hub(LAYOUT) as hub:
        directory = pull_from(hub, tmp_path)
    assert {path.name for path in directory.iterdir()} == WANTED | {"holesmith.json"}


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        ((404, "RepoNotFound"), f"it has no repository {HUB_ID}, or a private one"),
        ((404, "RevisionNotFound"), f"{HUB_ID} has no revision main"),
        ((403, "GatedRepo"), f"{HUB_ID} is gated: accept its licence on its page"),
        ((400, ""), "it answered 400"),
    ],
)
def test_each_refusal_is_one_line(tmp_path: Path, refusal: tuple[int, str], message: str) -> None:
    with serving_hub(LAYOUT) as hub:
        hub.refusals[f"/api/models/{HUB_ID}/revision/main"] = refusal
        check_refused(hub, tmp_path, message)


def test_a_server_that_is_no_hub_is_one_line(tmp_path: Path) -> None:
    with serving_hub(LAYOUT) as hub:
        hub.listing = lambda: b"<html>log in to the network</html>"  # what a hotel's gateway answers
        check_refused(hub, tmp_path, f"its answer for {HUB_ID} is not one of a model hub")


@pytest.mark.parametrize("path", ["../outside.gguf", "/etc/outside.gguf", "a/../../outside.gguf"])
def test_a_path_outside_the_repository_is_refused(tmp_path: Path, path: str) -> None:
    with serving_hub({path: b"GGUF"}) as hub:
        check_refused(hub, tmp_path, "it names a file outside the repository")


def test_json_of_the_record_is_readable_by_others(tmp_path: Path) -> None:
    with serving_hub(LAYOUT) as hub:
        directory = pull_from(hub, tmp_path)
    record = json.loads((directory / "holesmith.json").read_text())
    assert set(record) == {"name", "licence", "source", "revision", "files"}


@pytest.mark.parametrize("name", ["config.json", "model-00001-of-00002.safetensors"])
def test_a_file_that_does_not_end_is_cut_off_at_the_stated_size(tmp_path: Path, name: str) -> None:
    stated = len(LAYOUT[name])
    with serving_hub(LAYOUT) as hub:
        hub.endless.add(name)
        check_refused(hub, tmp_path, f"it sends more of {name} than the {stated:,} bytes it states")
        assert hub.bytes_sent < 100 << 20  # what was under way, of 600
        kept = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert kept <= sum(map(len, LAYOUT.values())) + 100
        hub.endless.clear()
        directory = pull_from(hub, tmp_path)
    assert (directory / name).read_bytes() == LAYOUT[name]


@pytest.mark.parametrize(
    ("name", "size"),
    [("config.json", 1 << 30), ("config.json", -1), ("model-00001-of-00002.safetensors", 1 << 60)],
)
def test_a_size_that_no_file_has_is_refused_before_anything_is_fetched(
    tmp_path: Path, name: str, size: int
) -> None:
    with serving_hub(LAYOUT) as hub:
        listing = json.loads(hub.listing())
        for sibling in listing["siblings"]:
            if sibling["rfilename"] == name:
                sibling["size"] = size
        hub.listing = lambda: json.dumps(listing).encode()
        check_refused(hub, tmp_path, f"it states an impossible size for {name}")
    assert hub.requests == []


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_what_is_pulled_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        with serving_hub(LAYOUT) as hub:
            pull_from(hub, tmp_path / "store")
    finally:
        os.umask(before)
    assert [path for path in (tmp_path / "store").rglob("*") if path.stat().st_mode & 0o077] == []
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0
