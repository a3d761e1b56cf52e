"""The command ``holesmith model``, as its user sees it: what is on stdout, on stderr, and the exit status."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import holesmith.cli.main as command_line
import holesmith.cli.model as command
import pytest
from gguf import GGUFWriter
from holesmith.engine.errors import DownloadError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.store.store import Record, StoredFile, write_record
from tokenizers import Tokenizer, models

from tests.fakes import QWEN_SPECIAL

NAME = "qwen2.5-coder-0.5b"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOLESMITH_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def holesmith(store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``holesmith model …`` on the empty store; gives exit status, stdout and stderr."""

    monkeypatch.setattr(command_line, "COMMANDS", ("model",))

    def run(*arguments: str) -> tuple[int, str, str]:
        status = command_line.main(["model", *arguments])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


def write_gguf(path: Path) -> None:
    """The header of a model of no known architecture, with a vocabulary of bytes and Qwen's specials."""
    writer = GGUFWriter(path, "tiny")
    writer.add_context_length(2_048)
    texts = [chr(ordinal) if 32 < ordinal < 127 else f"[{ordinal}]" for ordinal in range(256)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*texts, *QWEN_SPECIAL])
    writer.add_token_types([1] * 256 + [3] * len(QWEN_SPECIAL))
    writer.add_token_merges([])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def installed(store: Path) -> Path:
    """The default model in the store, only with other, smaller weights; gives the file's path."""
    path = store / NAME / "weights.gguf"
    path.parent.mkdir(parents=True)
    write_gguf(path)
    content = path.read_bytes()
    file = StoredFile(path.name, len(content), hashlib.sha256(content).hexdigest())
    write_record(Record(NAME, "Apache-2.0", "a test", None, (file,)), path.parent)
    return path


def test_list_shows_what_is_known_and_what_is_here(holesmith: Run, installed: Path, store: Path) -> None:
    status, out, _ = holesmith("list")
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line}
    assert status == 0
    assert lines[NAME][-1] == "yes"
    assert lines["qwen2.5-coder-1.5b"] == ["qwen2.5-coder-1.5b", "1.5B", "1.12", "GB", "Apache-2.0", "no"]
    assert str(store) in out


def test_list_shows_pulled_hub_repositories_too(holesmith: Run, store: Path) -> None:
    directory = store / "owner--name"
    directory.mkdir(parents=True)
    write_record(Record("owner/name", "mit", "model hub, owner/name", "0" * 40, ()), directory)
    _, out, _ = holesmith("list", "--json")
    assert json.loads(out)[-1] == {
        "name": "owner/name",
        "parameters": None,
        "bytes": 0,
        "licence": "mit",
        "fills_in_the_middle": None,
        "installed": True,
        "default_for": None,
        "memory_bytes": None,
        "commercial_use": None,
    }


def test_list_tells_programs_which_models_are_the_defaults_and_what_they_need(holesmith: Run) -> None:
    _, out, _ = holesmith("list", "--json")
    models = {model["name"]: model for model in json.loads(out)}
    assert {model["default_for"]: name for name, model in models.items() if model["default_for"]} == {
        "cpu": "qwen2.5-coder-0.5b",
        "cuda": "qwen2.5-coder-1.5b",
    }
    assert models[NAME]["memory_bytes"] == 1_600_000_000
    assert [name for name, model in models.items() if model["commercial_use"] is False] == [
        "qwen2.5-coder-3b"
    ]


def test_info_of_an_installed_model_reads_its_files(holesmith: Run, installed: Path) -> None:
    status, out, _ = holesmith("info", NAME, "--json")
    info: dict[str, Any] = json.loads(out)
    assert status == 0
    assert info["architecture"] == "tiny"
    assert info["context_tokens"] == 2_048
    assert info["vocabulary_tokens"] == 256 + len(QWEN_SPECIAL)
    assert info["fills_in_the_middle"] is True
    assert info["prompt_template"] == "qwen2.5-coder"
    assert info["path"] == str(installed)
    assert info["installed"] is True
    assert info["damage"] is None


def test_info_of_a_model_not_installed_says_what_is_pinned(holesmith: Run) -> None:
    status, out, _ = holesmith("info", NAME, "--json")
    info: dict[str, Any] = json.loads(out)
    assert status == 0
    assert info["installed"] is False
    assert info["sha256"] == "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
    assert info["bytes"] == 491_400_064
    assert info["path"] is None


def test_info_of_a_file(holesmith: Run, tmp_path: Path) -> None:
    write_gguf(tmp_path / "mine.gguf")
    _, out, _ = holesmith("info", str(tmp_path / "mine.gguf"))
    lines = dict(line.split("  ", 1) for line in out.splitlines())
    assert lines["name"].strip() == "mine"
    assert lines["architecture"].strip() == "tiny"


def test_info_of_a_directory_in_hugging_face_layout(holesmith: Run, tmp_path: Path) -> None:
    directory = tmp_path / "mine"
    directory.mkdir()
    (directory / "config.json").write_text('{"model_type": "tiny", "max_position_embeddings": 512}')
    (directory / "model.safetensors").touch()
    tokenizer = Tokenizer(models.BPE({"a": 0, "b": 1}, []))
    tokenizer.add_special_tokens(["<fim_prefix>", "<fim_suffix>", "<fim_middle>"])
    tokenizer.save(str(directory / "tokenizer.json"))
    _, out, _ = holesmith("info", str(directory), "--json")
    info: dict[str, Any] = json.loads(out)
    assert (info["architecture"], info["context_tokens"], info["vocabulary_tokens"]) == ("tiny", 512, 5)
    assert info["fills_in_the_middle"] is True


def test_info_verify_finds_a_changed_byte_and_fails(holesmith: Run, installed: Path) -> None:
    content = installed.read_bytes()
    installed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    status, out, _ = holesmith("info", NAME, "--verify")
    assert status == 1
    assert f"holesmith model pull {NAME}" in out


def test_path_is_the_only_thing_on_stdout(holesmith: Run, installed: Path) -> None:
    assert holesmith("path", NAME) == (0, f"{installed}\n", "")
    _, out, _ = holesmith("path", NAME, "--json")
    assert json.loads(out) == {"name": NAME, "path": str(installed), "layout": "gguf"}


@pytest.mark.parametrize("verb", ["path", "info", "pull"])
def test_an_unknown_name_is_one_line_and_status_one(holesmith: Run, verb: str) -> None:
    status, out, err = holesmith(verb, "no-such-model")
    assert (status, out) == (1, "")
    assert (
        err == "holesmith: error: unknown model no-such-model: `holesmith model list` shows the known ones\n"
    )


def test_pull_prints_the_path_and_no_bar_without_a_terminal(
    holesmith: Run, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pull(name: str, progress: Callable[[int, int], None]) -> WeightSource:
        progress(0, 100)
        progress(100, 100)
        return WeightSource(name, installed, "gguf")

    monkeypatch.setattr(command, "pull", pull)
    monkeypatch.setattr(command, "compile_for_this_machine", lambda: None)
    assert holesmith("pull", NAME) == (0, f"{installed}\n", f"{NAME}: licence Apache-2.0\n")


def test_the_list_names_the_default(holesmith: Run) -> None:
    _, out, _ = holesmith("list")
    assert f"The default is {NAME}, with a GPU qwen2.5-coder-1.5b." in out


def test_pull_compiles_the_kernels_at_the_end_and_says_so(
    holesmith: Run, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_kernels(progress: Callable[[str, float], None]) -> str:
        for share in (0.0, 0.5, 1.0):
            progress("compiling the kernels (once, half a minute)", share)
        return "no"

    def pull(name: str, _progress: object) -> WeightSource:
        return WeightSource(name, installed, "gguf")

    monkeypatch.setattr(command, "pull", pull)
    monkeypatch.setattr("holesmith.engine.loading.kernels.compile_kernels", compile_kernels)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    status, out, err = holesmith("pull", NAME)
    assert (status, out) == (0, f"{installed}\n")
    assert err.splitlines() == [
        f"{NAME}: licence Apache-2.0",
        "compiling the kernels (once, half a minute)",
        "holesmith: the kernels could not be compiled, so PyTorch computes, which is slower: no",
    ]


def test_a_failed_pull_is_one_line_and_status_one(holesmith: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(_name: str, _progress: object) -> NoReturn:
        raise DownloadError("the disk is full")

    monkeypatch.setattr(command, "pull", pull)
    status, out, err = holesmith("pull", "starcoder2-3b")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        "starcoder2-3b: licence BigCode-OpenRAIL-M",
        "holesmith: error: the disk is full",
    ]


def test_without_a_verb_the_verbs_are_listed(holesmith: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        holesmith()
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "download a model, verify it" in said


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main([])
    assert caught.value.code == 2
    assert "complete a file on disk once" in capsys.readouterr().err
