"""Architectures out of config.json (Hugging Face) and out of GGUF metadata.

None means that the decoder of this project does not cover the model; it then runs through transformers.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import torch
from holesmith.engine.architecture import Activation, Architecture
from holesmith.engine.errors import WeightsError
from holesmith.engine.gguf_file import GGUFFile
from holesmith.engine.rope import Rope, scaled_rope

_Json = Mapping[str, object]

_FAMILIES = frozenset(
    ("qwen2", "qwen3", "llama", "mistral", "starcoder2", "gemma", "gemma2", "gemma3_text", "granite")
)
_ACTIVATIONS: Mapping[object, Activation] = {
    "silu": "silu",
    "swish": "silu",
    "gelu": "gelu",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_new": "gelu_tanh",
}


def architecture_from_config(config: _Json) -> Architecture | None:
    """The architecture that a config.json describes; None if it is not one of ours."""
    family = config.get("model_type")
    activation = _ACTIVATIONS.get(config.get("hidden_activation") or config.get("hidden_act"))
    if family not in _FAMILIES or activation is None:
        return None
    family = str(family)
    gemma = family.startswith("gemma")
    width, heads = _whole(config, "hidden_size"), _whole(config, "num_attention_heads")
    head_width = _whole(config, "head_dim", width // heads)
    ropes = _ropes(config, head_width)
    if ropes is None:
        return None
    layers = _whole(config, "num_hidden_layers")
    return Architecture(
        family=family,
        layers=layers,
        width=width,
        heads=heads,
        kv_heads=_whole(config, "num_key_value_heads", heads),
        head_width=head_width,
        context_tokens_max=_whole(config, "max_position_embeddings"),
        rope=ropes[0],
        local_rope=ropes[1],
        windows=_windows(config, family, layers),
        norm="layer" if family == "starcoder2" else "rms",
        norm_epsilon=_real(config, "norm_epsilon" if family == "starcoder2" else "rms_norm_eps", 1e-6),
        norm_offset=1.0 if gemma else 0.0,
        activation="gelu_tanh" if family == "gemma" else activation,
        attention_scale=_attention_scale(config, head_width),
        embedding_scale=width**0.5 if gemma else _real(config, "embedding_multiplier", 1.0),
        residual_scale=_real(config, "residual_multiplier", 1.0),
        logit_scale=1 / _real(config, "logits_scaling", 1.0),
        attention_softcap=_optional(config, "attn_logit_softcapping"),
        logit_softcap=_optional(config, "final_logit_softcapping"),
    )


def _whole(config: _Json, key: str, default: int | None = None) -> int:
    value = config.get(key)
    if isinstance(value, int):
        return value
    if default is None:
        raise WeightsError(f"config.json lacks {key!r}: the model directory is incomplete or damaged")
    return default


def _real(config: _Json, key: str, default: float) -> float:
    value = _optional(config, key)
    return default if value is None else value


def _optional(config: _Json, key: str) -> float | None:
    value = config.get(key)
    return float(value) if isinstance(value, int | float) else None


def _attention_scale(config: _Json, head_width: int) -> float:
    scalar = _optional(config, "query_pre_attn_scalar")
    if scalar is not None:
        return scalar**-0.5
    return _real(config, "attention_multiplier", head_width**-0.5)


def _windows(config: _Json, family: str, layers: int) -> tuple[int | None, ...]:
    window = config.get("sliding_window")
    unused = family.startswith("qwen") and config.get("use_sliding_window") is not True
    if not isinstance(window, int) or unused:
        return (None,) * layers
    kinds = config.get("layer_types")
    if isinstance(kinds, list):
        return tuple(window if kind == "sliding_attention" else None for kind in cast("list[object]", kinds))
    if family.startswith("qwen"):
        first = _whole(config, "max_window_layers", 0)
        return tuple(window if index >= first else None for index in range(layers))
    if family == "gemma2":
        return tuple(window if index % 2 == 0 else None for index in range(layers))
    if family == "gemma3_text":
        every = _whole(config, "sliding_window_pattern", 6)
        return tuple(window if (index + 1) % every else None for index in range(layers))
    return (window,) * layers


def _ropes(config: _Json, head_width: int) -> tuple[Rope, Rope | None] | None:
    """The global rope and the local one where it differs; None if a kind of scaling is not known."""
    context = _whole(config, "max_position_embeddings")
    parameters = _mapping(config.get("rope_parameters")) or _mapping(config.get("rope_scaling"))
    if "full_attention" in parameters:
        whole, local = _mapping(parameters["full_attention"]), _mapping(parameters.get("sliding_attention"))
    else:
        whole, local = parameters, {"rope_theta": config.get("rope_local_base_freq")}
    base = _real(whole, "rope_theta", _real(config, "rope_theta", 10_000.0))
    share = _real(whole, "partial_rotary_factor", _real(config, "partial_rotary_factor", 1.0))
    rotated = int(head_width * share)
    rope = scaled_rope(rotated, base, whole, context)
    if rope is None:
        return None
    local_base = _optional(local, "rope_theta")
    return rope, None if local_base is None else scaled_rope(rotated, local_base, local, context)


def _mapping(value: object) -> _Json:
    return cast("_Json", value) if isinstance(value, dict) else {}


_GGUF_FAMILIES: Mapping[str, str] = {
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "llama": "llama",
    "starcoder2": "starcoder2",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3_text",
    "granite": "granite",
}
_CONFIG_KEYS: Mapping[str, str] = {
    "hidden_size": "embedding_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length",
    "max_position_embeddings": "context_length",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "norm_epsilon": "attention.layer_norm_epsilon",
    "rope_theta": "rope.freq_base",
    "sliding_window": "attention.sliding_window",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
    "logits_scaling": "logit_scale",
    "residual_multiplier": "residual_scale",
    "embedding_multiplier": "embedding_scale",
    "attention_multiplier": "attention.scale",
}
_SCALING_KEYS: Mapping[str, str] = {
    "rope_type": "rope.scaling.type",
    "factor": "rope.scaling.factor",
    "original_max_position_embeddings": "rope.scaling.original_context_length",
}


def architecture_from_gguf(file: GGUFFile) -> Architecture | None:
    """The architecture that a GGUF file's metadata describe; None if it is not one of ours."""
    name = file.text("general.architecture") or ""
    family = _GGUF_FAMILIES.get(name)
    if family is None or file.integer(f"{name}.expert_count"):
        return None
    architecture = architecture_from_config(_config_of_gguf(file, name, family))
    if architecture is None:
        return None
    # Conversion to GGUF adds Gemma's offset to the norms and spells Llama 3.1's rope bands as a tensor.
    architecture = replace(architecture, norm_offset=0.0)
    if "rope_freqs.weight" not in file.tensors:
        return architecture
    factors: list[float] = file.raw("rope_freqs.weight").view(torch.float32).tolist()
    frequencies = zip(architecture.rope.frequencies, factors, strict=True)
    return replace(architecture, rope=Rope(tuple(frequency / factor for frequency, factor in frequencies)))


def _config_of_gguf(file: GGUFFile, name: str, family: str) -> _Json:
    """The metadata under the names of config.json."""
    config: dict[str, object] = {
        "model_type": family,
        "hidden_act": "gelu_pytorch_tanh" if family.startswith(("gemma", "starcoder")) else "silu",
    }
    config |= _renamed(file, name, _CONFIG_KEYS)
    config["rope_parameters"] = _renamed(file, name, _SCALING_KEYS)
    if family == "gemma3_text":
        config["rope_local_base_freq"] = 10_000.0
    if family in ("qwen2", "qwen3", "llama", "granite"):
        config.pop("sliding_window", None)
    return config


def _renamed(file: GGUFFile, name: str, keys: Mapping[str, str]) -> dict[str, object]:
    found = ((ours, file.metadata.get(f"{name}.{theirs}")) for ours, theirs in keys.items())
    return {key: value for key, value in found if value is not None}
