"""Loading: right logits out of both layouts, the real model too, and one line for whatever is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize
from holesmith.engine.errors import DeviceError, EngineError, WeightsError
from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.configuration import architecture_from_gguf
from holesmith.engine.loading.load import load_decoder, load_engine
from holesmith.engine.loading.weights import GGUFWeights
from holesmith.engine.model.architecture import Architecture
from holesmith.engine.model.transformers_model import cache_keyword
from holesmith.engine.request import Request
from holesmith.engine.vocabulary.gguf import vocabulary_from_gguf
from transformers import (
    DynamicCache,
    PhiConfig,
    PhiForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from tests.engine.tiny_models import SIZES, make_model, save_model, save_tokenizer
from tests.fakes import byte_vocabulary

IDS = torch.arange(40, 64)
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def paired(rows: np.ndarray, heads: int) -> np.ndarray:
    """The order in which GGUF keeps Llama's query and key rows."""
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def gguf_name(name: str) -> str:
    if name.startswith("model.layers."):
        _, _, layer, rest = name.split(".", 3)
        stem, ending = rest.rsplit(".", 1)
        return f"blk.{layer}.{NAMES[stem]}.{ending}"
    stem, ending = name.rsplit(".", 1)
    return f"{NAMES[stem]}.{ending}"


def save_gguf(model: PreTrainedModel, path: Path, kind: GGMLQuantizationType) -> Path:
    """The model as its conversion to GGUF would be, matrices quantised as ``kind``."""
    config = model.config
    name = str(config.model_type)
    writer = GGUFWriter(path, name)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    vocabulary = byte_vocabulary()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([vocabulary.piece(token_id) for token_id in range(vocabulary.size)])
    for key, tensor in model.state_dict().items():
        values = tensor.float().numpy()
        if name == "llama" and ".q_proj." in key:
            values = paired(values, config.num_attention_heads)
        if name == "llama" and ".k_proj." in key:
            values = paired(values, config.num_key_value_heads)
        whole = values.ndim < 2 or kind == GGMLQuantizationType.F32
        data = values if whole else quantize(values, kind)
        writer.add_tensor(gguf_name(key), data, raw_dtype=None if whole else kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def logits_of_gguf(path: Path) -> torch.Tensor:
    file = read_gguf(path)
    architecture = architecture_from_gguf(file)
    assert architecture is not None
    decoder = load_decoder(architecture, GGUFWeights(file, architecture), torch.device("cpu"), torch.float32)
    return decoder.forward(IDS, decoder.new_cache(), len(IDS))


@pytest.mark.parametrize("family", ["qwen2", "llama"])
def test_gguf_computes_what_the_model_did(family: str, tmp_path: Path) -> None:
    model = make_model(family)
    with torch.inference_mode():
        expected = model(IDS[None]).logits[0]
    found = logits_of_gguf(save_gguf(model, tmp_path / "m.gguf", GGMLQuantizationType.F32))
    assert float((found - expected).norm() / expected.norm()) < 1e-4


@pytest.mark.parametrize("kind", [GGMLQuantizationType.Q8_0, GGMLQuantizationType.Q4_0])
@pytest.mark.parametrize("family", ["qwen2", "llama"])
async def test_engine_from_gguf(kind: GGMLQuantizationType, family: str, tmp_path: Path) -> None:
    path = save_gguf(make_model(family), tmp_path / "m.gguf", kind)
    engine = load_engine(WeightSource("tiny", path, "gguf"), "cpu")
    first = await engine.start(Request(tuple(IDS.tolist()), 1, frozenset())).result()
    for stop in range(1, len(IDS)):  # a token at a time, as it is typed
        await engine.start(Request(tuple(IDS[:stop].tolist()), 1, frozenset())).result()
    again = await engine.start(Request(tuple(IDS.tolist()), 1, frozenset())).result()
    expected = logits_of_gguf(path)[-1].log_softmax(0)
    for token in (*first.tokens, *again.tokens):
        assert float(expected.max() - expected[token.id]) < 0.2
        assert token.log_probability == pytest.approx(float(expected[token.id]), abs=0.2)
    await engine.close()


def check_fails(source: Path, layout: str, match: str, kind: type[EngineError] = WeightsError) -> None:
    """Loading says what is wrong in one line."""
    with pytest.raises(kind, match=match) as caught:
        load_engine(WeightSource("broken", source, "gguf" if layout == "gguf" else "huggingface"), "cpu")
    assert "\n" not in str(caught.value)


def test_unknown_architecture_in_gguf(tmp_path: Path) -> None:
    path = save_gguf(make_model("qwen2"), tmp_path / "m.gguf", GGMLQuantizationType.F32)
    path.write_bytes(path.read_bytes().replace(b"qwen2", b"qwenX"))
    check_fails(path, "gguf", "not known|not supported")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.3, 0.999])
def test_truncated_gguf(share: float, tmp_path: Path) -> None:
    path = save_gguf(make_model("qwen2"), tmp_path / "m.gguf", GGMLQuantizationType.F32)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    check_fails(path, "gguf", "truncated|cannot read")


def test_damaged_gguf(tmp_path: Path) -> None:
    path = save_gguf(make_model("qwen2"), tmp_path / "m.gguf", GGMLQuantizationType.F32)
    whole = bytearray(path.read_bytes())
    path.write_bytes(b"PK\x03\x04" + whole[4:])
    check_fails(path, "gguf", "not a GGUF file")
    whole[4] = 9
    path.write_bytes(whole)
    check_fails(path, "gguf", "version 9")


def test_damaged_and_missing_safetensors(tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    file = directory / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    check_fails(directory, "huggingface", "truncated or damaged")
    file.unlink()
    check_fails(directory, "huggingface", r"has no \*\.safetensors")
    (directory / "pytorch_model.bin").write_bytes(whole)
    check_fails(directory, "huggingface", "pickled")


def test_missing_tensor(tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(
        json.dumps({**config, "num_hidden_layers": 4, "layer_types": None})
    )
    check_fails(directory, "huggingface", r"lacks the tensor 'model\.layers\.3\.")


def test_unknown_architecture(tmp_path: Path) -> None:
    directory = save_model(make_model("qwen2"), tmp_path)
    (directory / "config.json").write_text('{"model_type": "quux"}')
    check_fails(directory, "huggingface", "cannot be loaded")


def test_devices_that_are_not_there(tmp_path: Path) -> None:
    source = WeightSource("any", tmp_path, "huggingface")
    for device in ("cuda:99", "abacus", "meta"):
        with pytest.raises(DeviceError, match=device):
            load_engine(source, device)


def greedy(model: torch.nn.Module, prompt: list[int], count: int) -> list[int]:
    """What a transformers model generates, with its own cache."""
    found: list[int] = []
    ids, cache = torch.tensor([prompt]), {cache_keyword(model): DynamicCache()}
    with torch.inference_mode():
        while len(found) < count:
            output = model(ids, use_cache=True, **cache)
            found.append(int(output.logits[0, -1].argmax()))
            ids = torch.tensor([found[-1:]])
    return found


def test_a_vocabulary_with_more_ids_than_a_model_of_transformers_has_rows(tmp_path: Path) -> None:
    PhiForCausalLM(PhiConfig(**SIZES)).save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    path = tmp_path / "tokenizer.json"
    description = json.loads(path.read_text())
    added = description["added_tokens"][-1]
    description["added_tokens"].append({**added, "id": 5000, "content": "far away", "special": False})
    path.write_text(json.dumps(description))
    with pytest.raises(WeightsError, match="the vocabulary has ids from"):
        load_engine(WeightSource("phi", tmp_path, "huggingface"), "cpu")


async def test_other_architectures_run_through_transformers(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = PhiForCausalLM(PhiConfig(**SIZES)).eval()
    model.save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    engine = load_engine(WeightSource("phi", tmp_path, "huggingface"), "cpu")
    assert engine.description.architecture == "phi (transformers)"
    request = Request(tuple(IDS.tolist()), 5, frozenset())
    first = await engine.start(request).result()
    again = await engine.start(request).result()
    model.bfloat16()
    assert [token.id for token in first.tokens] == greedy(model, IDS.tolist(), 5)
    assert (again.tokens, again.tokens_prefilled) == (first.tokens, 1)
    await engine.close()


BEFORE = "import json\n\n\ndef load_settings(path):\n    with open(path) as file:\n        return "
AFTER = "\n\n\ndef save_settings(path, settings):\n    with open(path, 'w') as file:\n        json.dump("


@pytest.mark.slow
@pytest.mark.timeout(900)  # 14 s on an idle machine, minutes on a busy one: two models in float32
def test_real_model_equals_transformers_token_for_token(real_model_path: WeightSource) -> None:
    """The same weights in transformers' Qwen2, both in float32."""
    file = read_gguf(real_model_path.path)
    architecture, vocabulary = architecture_from_gguf(file), vocabulary_from_gguf(file)
    assert architecture is not None
    weights = GGUFWeights(file, architecture)
    decoder = load_decoder(architecture, weights, torch.device("cpu"), torch.float32)
    special = [vocabulary.special_id(f"<|fim_{part}|>") for part in ("prefix", "suffix", "middle")]
    assert special == [151659, 151661, 151660]
    prompt = [151659, *vocabulary.encode(BEFORE), 151661, *vocabulary.encode(AFTER), 151660]
    cache = decoder.new_cache()
    ids = torch.tensor(prompt)
    found: list[int] = []
    for _ in range(12):
        found.append(int(decoder.forward(ids, cache)[0].argmax()))
        ids = torch.tensor(found[-1:])
    assert found == greedy(library_qwen(weights, architecture), prompt, 12)


def library_qwen(weights: GGUFWeights, architecture: Architecture) -> torch.nn.Module:
    """transformers' Qwen2 with these very weights."""
    config = Qwen2Config(
        vocab_size=len(weights.tensor("token_embd.weight")),
        hidden_size=architecture.hidden_size,
        intermediate_size=len(weights.tensor("blk.0.ffn_up.weight")),
        num_hidden_layers=architecture.layers,
        num_attention_heads=architecture.heads,
        num_key_value_heads=architecture.kv_heads,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        rms_norm_eps=architecture.norm_epsilon,
        dtype=torch.float32,
    )
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    state = {name: weights.tensor(gguf_name(name)) for name in model.state_dict()}
    rotary = type(model.model.rotary_emb)(config)
    model.load_state_dict(state, assign=True)
    model.model.rotary_emb = rotary  # its frequencies are computed, not stored
    return model.eval()
