"""A model file is believed in nothing: what does not go together is one line that names file and tensor."""

import json
from pathlib import Path

import pytest
import torch
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import load_engine, load_model
from holesmith.engine.request import Request
from safetensors.torch import load_file, save_file

from tests.engine.raw_gguf import (
    HEAD_WIDTH,
    HEADS,
    INNER,
    TOKENS,
    WIDTH,
    RawTensor,
    f32,
    numbers,
    string,
    strings,
    tiny,
    u32,
    u64,
)
from tests.engine.refusals import check_refused, refused_gguf
from tests.engine.tiny_models import make_model, save_model


async def test_the_tiny_model_itself_loads_and_decodes(tmp_path: Path) -> None:
    engine = load_engine(WeightSource("tiny", tiny().save(tmp_path / "m.gguf"), "gguf"), "cpu")
    generation = await engine.start(Request(tuple(range(40, 60)), 3, frozenset())).result()
    assert len(generation.tokens) == 3
    await engine.close()


MISSHAPEN: list[tuple[str, tuple[int, ...]]] = [
    ("token_embd.weight", (len(TOKENS), WIDTH * 2)),
    ("token_embd.weight", (len(TOKENS) * WIDTH,)),
    ("output.weight", (len(TOKENS) * 2, WIDTH)),
    ("output.weight", (len(TOKENS), WIDTH * 8)),
    ("output_norm.weight", (WIDTH // 2,)),
    ("blk.0.attn_norm.weight", (1,)),
    ("blk.0.attn_q.weight", (1 << 12, WIDTH)),
    ("blk.1.attn_q.weight", (1 << 12, WIDTH)),  # larger than the first layer, by which buffers are made
    ("blk.1.attn_q.bias", (1 << 12,)),
    ("blk.1.attn_k.weight", (8, WIDTH)),
    ("blk.1.attn_v.weight", (1 << 12, WIDTH)),
    ("blk.1.attn_output.weight", (WIDTH, HEADS * HEAD_WIDTH * 4)),
    ("blk.1.attn_output.weight", (1 << 12, HEADS * HEAD_WIDTH)),
    ("blk.1.ffn_gate.weight", (1 << 12, WIDTH)),
    ("blk.1.ffn_gate.bias", (1 << 12,)),
    ("blk.1.ffn_up.weight", (1 << 12, WIDTH)),
    ("blk.1.ffn_down.weight", (WIDTH, INNER * 8)),
    ("blk.1.ffn_down.weight", (WIDTH, INNER, 1)),
    ("blk.1.ffn_norm.weight", (WIDTH, 1)),
]


@pytest.mark.parametrize(("name", "shape"), MISSHAPEN)
def test_a_tensor_of_another_shape_than_the_architecture_says(
    name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    file = tiny()
    file.tensor(name).shape = shape
    refused_gguf(file, tmp_path, "bad.gguf", name, "pull the model again")


def test_all_layers_larger_than_the_metadata_say(tmp_path: Path) -> None:
    file = tiny()
    for layer in range(2):
        for name in ("ffn_gate.weight", "ffn_up.weight"):
            file.tensor(f"blk.{layer}.{name}").shape = 1 << 12, WIDTH
        file.tensor(f"blk.{layer}.ffn_gate.bias").shape = (1 << 12,)
    refused_gguf(file, tmp_path, "blk.0.ffn_up.weight")


@pytest.mark.parametrize(
    "name",
    [tensor.name for tensor in tiny().tensors if "bias" not in tensor.name and "output.w" not in tensor.name],
)
def test_a_missing_tensor_is_named(name: str, tmp_path: Path) -> None:
    file = tiny()
    file.tensors.remove(file.tensor(name))
    refused_gguf(file, tmp_path, "lacks the tensor", name)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("attn_q_norm", HEAD_WIDTH),
        ("attn_k_norm", HEAD_WIDTH),
        ("post_attention_norm", WIDTH),
        ("post_ffw_norm", WIDTH),
    ],
)
@pytest.mark.parametrize("layer", [0, 1])
def test_norms_that_only_some_layers_have(name: str, width: int, layer: int, tmp_path: Path) -> None:
    file = tiny()
    file.tensors.append(RawTensor(f"blk.{layer}.{name}.weight", (width,)))
    refused_gguf(file, tmp_path, "_norm")


def test_a_norm_in_a_format_of_blocks(tmp_path: Path) -> None:
    file = tiny()
    norm = file.tensor("blk.0.attn_norm.weight")
    norm.kind, norm.data = 8, bytes(WIDTH // 32 * 34)  # Q8_0
    refused_gguf(file, tmp_path, "blk.0.attn_norm.weight", "Q8_0")


HUGE = "which no model has"
NUMBERS: list[tuple[str, bytes, str]] = [
    ("block_count", u32(1 << 31), HUGE),
    ("block_count", u32(0), HUGE),
    ("block_count", u32(3), "lacks the tensor 'blk.2."),
    ("block_count", string("2"), "lacks 'num_hidden_layers'"),
    ("embedding_length", u32(1 << 24), HUGE),
    ("embedding_length", u32(0), HUGE),
    ("feed_forward_length", u64(1 << 62), HUGE),
    ("feed_forward_length", u32(0), HUGE),
    ("context_length", u32(0), HUGE),
    ("attention.head_count", u32(0), HUGE),
    ("attention.head_count", u32(3), "can't be"),
    ("attention.head_count_kv", u32(0), HUGE),
    ("attention.head_count_kv", u32(3), "can't be"),
    ("attention.head_count_kv", numbers([1, 2]), "'attention.head_count_kv' is a list"),
    ("attention.key_length", u32(1 << 31), HUGE),
    ("attention.key_length", u32(1 << 20), HUGE),
    ("attention.key_length", u32(15), "can't be"),
    ("attention.layer_norm_rms_epsilon", f32(float("nan")), HUGE),
    ("attention.layer_norm_rms_epsilon", f32(float("inf")), HUGE),
    ("attention.layer_norm_rms_epsilon", f32(-1e-6), HUGE),
    ("attention.layer_norm_rms_epsilon", f32(0), HUGE),
    ("attention.layer_norm_rms_epsilon", f32(100), HUGE),
    ("rope.freq_base", f32(0), HUGE),
    ("rope.freq_base", f32(float("nan")), HUGE),
    ("attention.scale", f32(float("inf")), HUGE),
    ("logit_scale", f32(0), HUGE),
]


@pytest.mark.parametrize(("key", "value", "words"), NUMBERS)
def test_numbers_that_no_model_has(key: str, value: bytes, words: str, tmp_path: Path) -> None:
    file = tiny()
    file.set(f"llama.{key}", value)
    refused_gguf(file, tmp_path, words)


@pytest.mark.parametrize(
    ("kind", "numbers_of_it", "words"),
    [
        ("linear", {"factor": f32(0)}, HUGE),
        ("yarn", {"factor": f32(4), "original_context_length": u32(0)}, HUGE),
        ("llama3", {"factor": f32(float("nan"))}, HUGE),
    ],
)
def test_scaling_of_positions_that_no_model_has(
    kind: str, numbers_of_it: dict[str, bytes], words: str, tmp_path: Path
) -> None:
    file = tiny()
    file.set("llama.rope.scaling.type", string(kind))
    for key, value in numbers_of_it.items():
        file.set(f"llama.rope.scaling.{key}", value)
    refused_gguf(file, tmp_path, words)


@pytest.mark.parametrize(("shape", "value"), [((4,), 1.0), ((8,), 0.0), ((8,), float("nan"))])
def test_factors_of_frequencies(shape: tuple[int, ...], value: float, tmp_path: Path) -> None:
    file = tiny()
    data = torch.full(shape, value).numpy().tobytes()
    file.tensors.append(RawTensor("rope_freqs.weight", shape, data=data))
    refused_gguf(file, tmp_path, "rope_freqs.weight")


VOCABULARIES: list[tuple[str, bytes, str]] = [
    ("tokens", strings([*TOKENS, "more"]), "260 rows, but the vocabulary has ids"),
    ("tokens", strings(["x" * 5000, *TOKENS[1:]]), "longer tokens"),
    ("tokens", strings([]), "carries no vocabulary"),
    ("token_type", numbers([1] * 10), "not one number a token"),
    ("eos_token_id", u32(260), "260 rows, but the vocabulary has ids"),
    ("eot_token_id", u64(1 << 40), "260 rows, but the vocabulary has ids"),
    ("merges", strings(["a"]), "merges"),
    ("merges", strings(["a b"]), "merges"),
    ("merges", strings([" "]), "merges"),
    ("merges", strings([b"\xff \xff"]), "merges"),
]


@pytest.mark.parametrize(("key", "value", "words"), VOCABULARIES)
def test_vocabularies_that_do_not_fit(key: str, value: bytes, words: str, tmp_path: Path) -> None:
    file = tiny()
    if key == "tokens" and b"more" in value:
        file.set("tokenizer.ggml.token_type", numbers([1] * (len(TOKENS) + 1)))
    file.set(f"tokenizer.ggml.{key}", value)
    refused_gguf(file, tmp_path, words)


def test_an_end_token_that_is_spelled_as_none_is_none(tmp_path: Path) -> None:
    file = tiny()
    file.set("tokenizer.ggml.eom_token_id", u32((1 << 32) - 1))
    load_model(WeightSource("tiny", file.save(tmp_path / "m.gguf"), "gguf"), torch.device("cpu"))


SAFETENSORS: list[tuple[str, str, tuple[int, ...]]] = [
    ("qwen2", "model.layers.1.self_attn.q_proj.weight", (4096, 64)),
    ("qwen2", "model.layers.1.self_attn.q_proj.bias", (4096,)),
    ("qwen2", "model.layers.2.mlp.down_proj.weight", (64, 4096)),
    ("qwen2", "model.embed_tokens.weight", (300, 32)),
    ("qwen2", "lm_head.weight", (300, 640)),
    ("qwen2", "lm_head.weight", (3000, 64)),
    ("qwen3", "model.layers.1.self_attn.q_norm.weight", (64,)),
    ("qwen3", "model.layers.1.self_attn.k_norm.weight", (1,)),
    ("gemma2", "model.layers.0.post_feedforward_layernorm.weight", (6,)),
    ("gemma3", "model.layers.0.pre_feedforward_layernorm.weight", (640,)),
    ("starcoder2", "model.layers.1.mlp.c_fc.weight", (4096, 64)),
    ("starcoder2", "model.layers.1.input_layernorm.bias", (640,)),
    ("granite", "model.norm.weight", (63,)),
]


@pytest.mark.parametrize(("family", "name", "shape"), SAFETENSORS)
def test_a_tensor_of_another_shape_in_safetensors(
    family: str, name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    directory = save_model(make_model(family), tmp_path)
    tensors = load_file(directory / "model.safetensors")
    save_file({**tensors, name: torch.zeros(shape)}, directory / "model.safetensors")
    check_refused(WeightSource("bad", directory, "huggingface"), "model.safetensors", name)


@pytest.mark.parametrize("kind", [torch.int8, torch.float8_e4m3fn, torch.bool])
def test_a_tensor_of_a_type_that_would_need_a_scale(kind: torch.dtype, tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    tensors = load_file(directory / "model.safetensors")
    name = "model.layers.1.mlp.up_proj.weight"
    save_file({**tensors, name: tensors[name].to(kind)}, directory / "model.safetensors")
    check_refused(WeightSource("bad", directory, "huggingface"), name, "not supported")


def test_a_tensor_that_two_files_have(tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    save_file({"model.norm.weight": torch.zeros(64)}, directory / "other.safetensors")
    check_refused(WeightSource("bad", directory, "huggingface"), "model.norm.weight", "as well")


CONFIGURATIONS: list[tuple[str, object, str]] = [
    ("num_hidden_layers", 1 << 31, HUGE),
    ("num_hidden_layers", 10**400, "more than 20 digits"),
    ("num_hidden_layers", -1, HUGE),
    ("num_hidden_layers", True, "lacks 'num_hidden_layers'"),
    ("num_hidden_layers", "3", "lacks 'num_hidden_layers'"),
    ("num_attention_heads", 0, HUGE),
    ("num_key_value_heads", 0, HUGE),
    ("head_dim", 1 << 31, HUGE),
    ("intermediate_size", None, "lacks 'intermediate_size'"),
    ("rms_norm_eps", float("nan"), HUGE),
    ("rms_norm_eps", 10**400, HUGE),
    ("layer_types", ["full_attention"], "as many 'layer_types' as layers"),
    ("model_type", ["qwen2"], "cannot be loaded"),
    ("rope_parameters", {"rope_theta": 0}, HUGE),
    ("rope_parameters", {"rope_theta": 1e4, "partial_rotary_factor": 7.0}, HUGE),
    ("rope_parameters", {"rope_theta": 1, "rope_type": "yarn", "factor": 2}, HUGE),
    ("rope_parameters", {"rope_theta": 1e4, "rope_type": "yarn", "factor": 2, "beta_fast": -1}, HUGE),
    (
        "rope_parameters",
        {"rope_theta": 1e4, "rope_type": "llama3", "factor": 2, "low_freq_factor": 4, "high_freq_factor": 4},
        "is not below",
    ),
]


@pytest.mark.parametrize(("key", "value", "words"), CONFIGURATIONS)
def test_configurations_that_no_model_has(key: str, value: object, words: str, tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2 window"), tmp_path)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, key: value}))
    check_refused(WeightSource("bad", directory, "huggingface"), words)
