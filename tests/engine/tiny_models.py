"""Tiny random models of every family, saved as their owners would publish them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from holesmith.engine.loading.configuration import architecture_from_config
from holesmith.engine.loading.load import load_decoder
from holesmith.engine.loading.weights import SafetensorsWeights
from holesmith.engine.model.decoder import Decoder
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    Starcoder2Config,
    Starcoder2ForCausalLM,
)

SIZES: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "attn_implementation": "eager",
}
SEVEN_LAYERS: dict[str, Any] = {**SIZES, "num_hidden_layers": 7}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0}
BANDS = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
    "rope_theta": 10000.0,
}
LINEAR = {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}
GRANITE_SCALES: dict[str, Any] = {
    "embedding_multiplier": 3.0,
    "attention_multiplier": 0.2,
    "residual_multiplier": 0.5,
    "logits_scaling": 4.0,
}

FAMILIES: dict[str, Callable[[], PreTrainedModel]] = {
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZES)),
    "qwen2 tied": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZES, tie_word_embeddings=True)),
    "qwen2 window": lambda: Qwen2ForCausalLM(
        Qwen2Config(**SIZES, use_sliding_window=True, sliding_window=7, max_window_layers=1)
    ),
    "qwen2 yarn": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZES, rope_parameters=YARN)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=32)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZES)),
    "llama bands": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=BANDS)),
    "llama linear, biases": lambda: LlamaForCausalLM(
        LlamaConfig(**SIZES, rope_parameters=LINEAR, attention_bias=True, mlp_bias=True)
    ),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SIZES, sliding_window=9)),
    "starcoder2": lambda: Starcoder2ForCausalLM(Starcoder2Config(**SIZES, sliding_window=9)),
    "gemma": lambda: GemmaForCausalLM(GemmaConfig(**SIZES, head_dim=32)),
    "gemma2": lambda: Gemma2ForCausalLM(
        Gemma2Config(**SIZES, head_dim=32, sliding_window=5, query_pre_attn_scalar=48)
    ),
    "gemma3": lambda: Gemma3ForCausalLM(Gemma3TextConfig(**SEVEN_LAYERS, head_dim=32, sliding_window=5)),
    "granite": lambda: GraniteForCausalLM(GraniteConfig(**SIZES, **GRANITE_SCALES)),
}
"""What is tested of each family."""


def make_model(family: str, seed: int = 0) -> PreTrainedModel:
    """A random model in float32; random also where weights start as one or zero."""
    torch.manual_seed(seed)
    model = FAMILIES[family]().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def save_tokenizer(directory: Path) -> None:
    """A byte-level tokenizer with three special tokens, as tokenizer.json."""
    from holesmith.engine.vocabulary.vocabulary import BYTE_OF_CHARACTER

    tokenizer = Tokenizer(models.BPE(dict(BYTE_OF_CHARACTER), []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(False)  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    tokenizer.add_special_tokens(["<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"])
    tokenizer.save(str(directory / "tokenizer.json"))


def save_model(model: PreTrainedModel, directory: Path) -> Path:
    """The directory in Hugging Face layout."""
    model.save_pretrained(directory)
    save_tokenizer(directory)
    return directory


def load_directory(directory: Path, dtype: torch.dtype = torch.float32) -> Decoder:
    """Our decoder of a saved model."""
    architecture = architecture_from_config(json.loads((directory / "config.json").read_text()))
    assert architecture is not None
    weights = SafetensorsWeights(directory, architecture)
    return load_decoder(architecture, weights, torch.device("cpu"), dtype)
