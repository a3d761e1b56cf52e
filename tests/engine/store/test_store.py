"""What a name or a path denotes on this machine, and what is said when it denotes nothing usable."""

import hashlib
from pathlib import Path

import pytest
from holesmith.completion.model_host import load_from_store
from holesmith.completion.options import Options
from holesmith.engine.errors import EngineError, ModelNotFoundError, WeightsError
from holesmith.engine.store.store import (
    STORE_VARIABLE,
    Record,
    StoredFile,
    find,
    find_hash_damage,
    find_size_damage,
    store_directory,
    stored_models,
    write_record,
)

CONTENT = b"GGUF and then some"


def store_model(root: Path, directory: str = "qwen2.5-coder-0.5b", name: str = "qwen2.5-coder-0.5b") -> Path:
    """Put a small file into the store as that model; gives the file's path."""
    (root / directory).mkdir(parents=True)
    path = root / directory / "weights.gguf"
    path.write_bytes(CONTENT)
    file = StoredFile("weights.gguf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    write_record(Record(name, "MIT", "a test", None, (file,)), root / directory)
    return path


def check_not_found(
    name: str, root: Path, *expected: str, error: type[EngineError] = ModelNotFoundError
) -> None:
    """The name is refused in one line that holds the expected words."""
    with pytest.raises(error) as caught:
        find(name, root)
    message = str(caught.value)
    assert "\n" not in message
    for words in expected:
        assert words in message


def test_a_stored_model_is_found_by_name(tmp_path: Path) -> None:
    path = store_model(tmp_path)
    source = find("Qwen2.5-Coder-0.5B", tmp_path)
    assert (source.name, source.path, source.layout) == ("qwen2.5-coder-0.5b", path, "gguf")


def test_a_model_not_pulled_names_the_command(tmp_path: Path) -> None:
    check_not_found("qwen2.5-coder-0.5b", tmp_path, "`holesmith model pull qwen2.5-coder-0.5b`")
    check_not_found("owner/name@v1", tmp_path, "`holesmith model pull owner/name@v1`")


def test_an_unknown_name_has_neighbours_and_the_list(tmp_path: Path) -> None:
    check_not_found(
        "qwen2.5-coder", tmp_path, "unknown model qwen2.5-coder, did you mean", "`holesmith model list`"
    )
    check_not_found("zzz", tmp_path, "unknown model zzz: `holesmith model list`")


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/model.gguf", "~/nowhere-at-all", "model.gguf"])
def test_a_missing_path_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(ModelNotFoundError, match=f"no such model file or directory: {path}"):
        find(path, tmp_path, relative_paths=True)


def plant_models(folder: Path) -> None:
    """What a workspace could hold to be taken for a model, under every name a user may have set."""
    names = (
        "qwen2.5-coder-0.5b",
        "qwen2.5-coder-1.5b",
        "owner/name",
        "name",
        "model.gguf",
        "sub/model.gguf",
        "~",
    )
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(CONTENT)
    directory = folder / "directory"
    directory.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (directory / name).touch()


NAMES = (
    "qwen2.5-coder-0.5b",
    "Qwen2.5-Coder-1.5B",
    "owner/name",
    "name",
    "directory",
    "directory/",
    "~nobody-here",
)
RELATIVE = ("model.gguf", "./model.gguf", "sub/model.gguf", "./name", "./directory", "../workspace/name", ".")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("relative_paths", [False, True])
def test_a_name_is_never_looked_for_in_the_current_folder(
    name: str, relative_paths: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / "workspace"
    plant_models(workspace)
    monkeypatch.chdir(workspace)
    with pytest.raises(ModelNotFoundError) as caught:
        find(name, tmp_path / "store", relative_paths=relative_paths)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", RELATIVE)
def test_a_relative_path_is_one_only_where_the_user_typed_it(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / "workspace"
    plant_models(workspace)
    monkeypatch.chdir(workspace)
    check_not_found(path, tmp_path / "store", f"{path} is a relative path: give the whole path of the model")
    if path == ".":
        with pytest.raises(WeightsError, match=r"has no config\.json"):
            find(path, tmp_path / "store", relative_paths=True)
    else:
        assert find(path, tmp_path / "store", relative_paths=True).path.is_relative_to(workspace.parent)


def test_the_loader_of_a_server_takes_nothing_from_its_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_models(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLESMITH_MODELS", str(tmp_path / "store"))
    for model in (None, "name", "model.gguf", "./model.gguf"):
        with pytest.raises(ModelNotFoundError):
            load_from_store(Options(model=model, device="cpu"), lambda _stage, _share: None)


def test_a_truncated_model_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = store_model(tmp_path)
    path.write_bytes(CONTENT[:-1])
    check_not_found(
        "qwen2.5-coder-0.5b",
        tmp_path,
        f"{path} has 17 bytes instead of 18",
        "`holesmith model pull qwen2.5-coder-0.5b` to restore it",
        error=WeightsError,
    )


def test_a_changed_byte_is_seen_by_the_hash_only(tmp_path: Path) -> None:
    path = store_model(tmp_path)
    path.write_bytes(b"GGUF and then some!"[:17] + b"!")
    (stored,) = stored_models(tmp_path)
    assert find_size_damage(stored) is None
    assert find_hash_damage(stored) == f"{path} does not have the SHA-256 that it was stored with"


def test_a_directory_without_a_readable_record_is_no_model(tmp_path: Path) -> None:
    record = store_model(tmp_path).parent / "holesmith.json"
    for damaged in ("", "[]", "{}", '{"files": 3}', '{"name": "x", "files": [], "more": 1}'):
        record.write_text(damaged)
        assert list(stored_models(tmp_path)) == []


def test_half_fetched_models_are_not_listed(tmp_path: Path) -> None:
    store_model(tmp_path, directory=".partial/qwen2.5-coder-0.5b")
    assert list(stored_models(tmp_path)) == []
    assert list(stored_models(tmp_path / "nowhere")) == []


def test_a_gguf_file_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(CONTENT)
    monkeypatch.chdir(tmp_path)
    for spelled in (str(path), "mine.gguf", "./mine.gguf"):
        source = find(spelled, tmp_path / "store", relative_paths=True)
        assert (source.name, source.path, source.layout) == ("mine", path, "gguf")


def test_a_file_that_is_not_gguf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"not it")
    check_not_found(str(path), tmp_path, f"{path} is not a GGUF file", error=WeightsError)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    check_not_found("/proc/self/mem", tmp_path, "cannot read /proc/self/mem", error=WeightsError)


def directory_with(root: Path, *names: str) -> Path:
    directory = root / "mine"
    directory.mkdir()
    for name in names:
        (directory / name).touch()
    return directory


def test_a_directory_in_hugging_face_layout(tmp_path: Path) -> None:
    directory = directory_with(tmp_path, "config.json", "tokenizer.json", "model.safetensors")
    source = find(str(directory), tmp_path / "store")
    assert (source.name, source.path, source.layout) == ("mine", directory, "huggingface")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "has no config.json"),
        (("config.json", "model.safetensors"), "has no tokenizer.json"),
        (("config.json", "tokenizer.json"), "has no *.safetensors"),
        (
            ("config.json", "tokenizer.json", "pytorch_model.bin"),
            "has only pickled weights, which could run code",
        ),
    ],
)
def test_an_incomplete_directory_is_refused(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    directory = directory_with(tmp_path, *names)
    check_not_found(str(directory), tmp_path / "store", message, error=WeightsError)


def test_the_variable_moves_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLESMITH_MODELS", str(tmp_path))
    assert store_directory() == tmp_path
    path = store_model(tmp_path)
    assert find("qwen2.5-coder-0.5b").path == path


def test_without_the_variable_the_store_is_in_the_data_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLESMITH_MODELS", raising=False)
    assert store_directory().parts[-2:] == ("holesmith", "models")


def test_a_relative_folder_for_models_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORE_VARIABLE, "models")
    with pytest.raises(ModelNotFoundError, match="HOLESMITH_MODELS must name a whole path, not models"):
        store_directory()
