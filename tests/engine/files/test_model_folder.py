"""Of a model's directory only its own files are read, of weights only safetensors, and nothing of it runs."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.fusion_in_decoder import load_fusion_in_decoder
from holesmith.engine.loading.load import load_model
from safetensors.torch import load_file, save_file
from transformers import PhiConfig, PhiForCausalLM

from tests.engine.tiny_models import SIZES, make_model, save_model, save_tokenizer
from tests.engine.tiny_t5 import save_tiny_t5

CPU = torch.device("cpu")


@pytest.fixture(params=["qwen2", "phi"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A model of our own decoder, and one that runs through transformers."""
    folder = tmp_path / "model"
    if request.param == "qwen2":
        return save_model(make_model("qwen2"), folder)
    torch.manual_seed(0)
    PhiForCausalLM(PhiConfig(**SIZES)).save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def loads(directory: Path) -> None:
    load_model(WeightSource("model", directory, "huggingface"), CPU)


def check_refused(directory: Path, *words: str) -> None:
    with pytest.raises(WeightsError) as caught:
        loads(directory)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def write_index(directory: Path, names: object) -> None:
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x.weight": names}}))


@pytest.mark.parametrize(
    "name",
    [
        "merges.txt",
        "pytorch_model.bin",
        "../elsewhere/model.safetensors",
        "/etc/model.safetensors",
        "sub/model.safetensors",
        "..\\model.safetensors",
        "C:model.safetensors",
        "",
        None,
        ["model.safetensors"],
        "missing.safetensors",
    ],
)
def test_an_index_that_names_anything_but_safetensors_beside_it(directory: Path, name: object) -> None:
    (directory / "sub").mkdir()
    (directory.parent / "elsewhere").mkdir()
    for place in (directory / "sub", directory.parent / "elsewhere"):
        save_file({"x.weight": torch.zeros(1)}, place / "model.safetensors")
    for pickled in ("merges.txt", "pytorch_model.bin"):
        torch.save({"x.weight": torch.zeros(1)}, directory / pickled)
    write_index(directory, name)
    check_refused(directory, "index.json" if name != "missing.safetensors" else "missing.safetensors")


def test_a_right_index_is_read(directory: Path) -> None:
    write_index(directory, "model.safetensors")
    loads(directory)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_link_out_of_the_directory(directory: Path, name: str) -> None:
    outside = directory.parent / f"outside-{name}"
    (directory / name).rename(outside)
    (directory / name).symlink_to(outside)
    check_refused(directory, name, "nothing else is read")


@pytest.mark.parametrize("name", ["tokenizer_config.json", "generation_config.json"])
def test_a_link_to_a_file_that_is_read_by_the_way(directory: Path, name: str) -> None:
    outside = directory.parent / "outside.json"
    outside.write_text('{"eos_token_id": 7}')
    (directory / name).unlink(missing_ok=True)
    (directory / name).symlink_to(outside)
    check_refused(directory, name, "nothing else is read")


def test_the_cache_of_the_hubs_library_links_to_its_own_folder(directory: Path) -> None:
    blobs, snapshot = directory.parent / "blobs", directory.parent / "snapshots" / "0123"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, file in enumerate(sorted(directory.iterdir())):
        file.rename(blobs / str(number))
        (snapshot / file.name).symlink_to(Path("../..") / "blobs" / str(number))
    loads(snapshot)
    elsewhere = directory.parent / "elsewhere"
    blobs.rename(elsewhere)
    blobs.symlink_to(elsewhere)
    check_refused(snapshot, "nothing else is read")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_pipe_is_not_waited_for(directory: Path, name: str) -> None:
    (directory / name).unlink()
    os.mkfifo(directory / name)
    check_refused(directory, name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_in_place_of_a_gguf_file_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    os.mkfifo(path)
    with pytest.raises(WeightsError, match="not a regular file"):
        load_model(WeightSource("pipe", path, "gguf"), CPU)


@pytest.mark.parametrize(
    "content", [b"[" * 200_000, b"{" + b'"a":{' * 100_000, b"\xff\xfe", b"", b"[]", b"1" * 5000, b"NaN"]
)
@pytest.mark.parametrize("name", ["tokenizer.json", "config.json"])
def test_json_that_no_library_writes(directory: Path, name: str, content: bytes) -> None:
    (directory / name).write_bytes(content)
    check_refused(directory, name)


class Marker:
    """Leaves a mark when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.path,)


def test_nothing_that_a_configuration_names_is_opened(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = directory.parent / "mark"
    (directory / "modeling_x.py").write_text(f"open({str(mark)!r}, 'w')")
    for name in ("pytorch_model.bin", "weights.safetensors.bin", "adapter_model.bin"):
        (directory / name).write_bytes(pickle.dumps(Marker(mark)))
    adapter = {"peft_type": "LORA", "base_model_name_or_path": "owner/base"}
    (directory / "adapter_config.json").write_text(json.dumps(adapter))
    config = json.loads((directory / "config.json").read_text())
    config |= {
        "auto_map": {"AutoConfig": "modeling_x.X", "AutoModelForCausalLM": "modeling_x.X"},
        "_attn_implementation": "owner/kernel",
        "attn_implementation": "owner/kernel",
        "experts_implementation": "owner/kernel",
        "transformers_weights": "pytorch_model.bin",
        "kernel_config": {"x": "owner/kernel"},
        "fusion_config": {"x": True},
        "use_kernels": True,
        "_name_or_path": "owner/name",
    }
    (directory / "config.json").write_text(json.dumps(config))

    def no_connection(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a connection was begun")

    monkeypatch.setattr("socket.socket.connect", no_connection)
    loads(directory)
    assert not mark.exists()


def test_a_quantised_model_would_need_code_of_another_package(directory: Path) -> None:
    config = json.loads((directory / "config.json").read_text())
    if config["model_type"] == "qwen2":
        pytest.skip("our own decoder looks at the tensors")
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (directory / "config.json").write_text(json.dumps(config))
    check_refused(directory, "quantised")


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("num_hidden_layers", 1 << 31),
        ("hidden_size", 1 << 20),
        ("vocab_size", 1 << 34),
        ("intermediate_size", 1 << 30),
    ],
)
def test_sizes_that_the_weights_do_not_have_take_no_memory(directory: Path, key: str, number: int) -> None:
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, key: number}))
    if (key, config["model_type"]) != ("vocab_size", "qwen2"):  # ours asks the embedding how many rows it has
        check_refused(directory)


def test_weights_for_an_encoder_and_decoder_have_the_shapes_of_their_configuration(tmp_path: Path) -> None:
    directory = save_tiny_t5(tmp_path)
    tensors = load_file(directory / "model.safetensors")
    name = "decoder.block.1.layer.2.DenseReluDense.wo.weight"
    save_file({**tensors, name: torch.zeros(4096, 48)}, directory / "model.safetensors")
    with pytest.raises(WeightsError, match=name) as caught:
        load_fusion_in_decoder(str(directory), "cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"), [("d_model", 1 << 30), ("num_layers", 1 << 31), ("num_heads", 0), ("vocab_size", 20)]
)
def test_numbers_for_an_encoder_and_decoder_take_no_memory(key: str, value: int, tmp_path: Path) -> None:
    directory = save_tiny_t5(tmp_path)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, key: value}))
    with pytest.raises(WeightsError) as caught:
        load_fusion_in_decoder(str(directory), "cpu")
    assert "\n" not in str(caught.value)
