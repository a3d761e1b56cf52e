"""Architectures from config.json (Hugging Face) and from GGUF metadata.

None means that the decoder of this project does not cover the model; the model then runs through
transformers.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.gguf_file import GGUFFile
from holesmith.engine.model.architecture import Activation, Architecture
from holesmith.engine.model.checked_numbers import REAL_MAX, Json, optional_cap, optional_real, real, whole
from holesmith.engine.model.rope import Rope, scaled_rope

_FAMILIES = frozenset(
    ("qwen2", "qwen3", "llama", "mistral", "starcoder2", "gemma", "gemma2", "gemma3_text", "granite")
)
_ACTIVATIONS: Mapping[str, Activation] = {
    "silu": "silu",
    "swish": "silu",
    "gelu": "gelu",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_new": "gelu_tanh",
}


def architecture_from_config(config: Json) -> Architecture | None:
    """Return the architecture that a config.json describes; None if it is not one of ours.

    Raises WeightsError for numbers that are missing or that no model has.
    """
    family = config.get("model_type")
    activation = _activation(config)
    if not isinstance(family, str) or family not in _FAMILIES or activation is None:
        return None
    gemma = family.startswith("gemma")
    hidden_size, heads, kv_heads, head_width = _attention_sizes(config)
    layers = whole(config, "num_hidden_layers")
    ropes = _ropes(config, head_width)
    if ropes is None:
        return None
    return Architecture(
        family=family,
        layers=layers,
        hidden_size=hidden_size,
        heads=heads,
        kv_heads=kv_heads,
        head_width=head_width,
        intermediate_size=whole(config, "intermediate_size"),
        context_tokens_max=whole(config, "max_position_embeddings"),
        rope=ropes[0],
        local_rope=ropes[1],
        windows=_windows(config, family, layers),
        norm="layer" if family == "starcoder2" else "rms",
        norm_epsilon=_epsilon(config, family),
        norm_offset=1.0 if gemma else 0.0,
        activation="gelu_tanh" if family == "gemma" else activation,
        attention_scale=_attention_scale(config, head_width),
        embedding_scale=hidden_size**0.5 if gemma else real(config, "embedding_multiplier", 1.0),
        residual_scale=real(config, "residual_multiplier", 1.0),
        logit_scale=1 / real(config, "logits_scaling", 1.0),
        attention_softcap=optional_cap(config, "attn_logit_softcapping"),
        logit_softcap=optional_cap(config, "final_logit_softcapping"),
    )


def _activation(config: Json) -> Activation | None:
    name = config.get("hidden_activation") or config.get("hidden_act")
    return _ACTIVATIONS.get(name) if isinstance(name, str) else None


def _attention_sizes(config: Json) -> tuple[int, int, int, int]:
    """Return the hidden size, the heads, the heads of keys and values, and the width of a head."""
    hidden_size, heads = whole(config, "hidden_size"), whole(config, "num_attention_heads")
    kv_heads = whole(config, "num_key_value_heads", heads)
    head_width = whole(config, "head_dim", max(hidden_size // heads, 1))
    if heads % kv_heads or head_width % 2:
        raise WeightsError(
            f"the model has {heads} heads and {kv_heads} of keys, each {head_width} wide, which can't be: "
            "is it damaged?"
        )
    return hidden_size, heads, kv_heads, head_width


def _epsilon(config: Json, family: str) -> float:
    epsilon = real(config, "norm_epsilon" if family == "starcoder2" else "rms_norm_eps", 1e-6)
    if epsilon > 1:
        raise WeightsError(
            f"the epsilon of the model's norms is {epsilon}, which no model has: is it damaged?"
        )
    return epsilon


def _attention_scale(config: Json, head_width: int) -> float:
    scalar = optional_real(config, "query_pre_attn_scalar")
    if scalar is not None:
        return scalar**-0.5
    return real(config, "attention_multiplier", head_width**-0.5)


def _windows(config: Json, family: str, layers: int) -> tuple[int | None, ...]:
    unused = family.startswith("qwen") and config.get("use_sliding_window") is not True
    if unused or not isinstance(config.get("sliding_window"), int) or config["sliding_window"] == 0:
        return (None,) * layers
    window = whole(config, "sliding_window")
    kinds = config.get("layer_types")
    if isinstance(kinds, list):
        if len(cast("list[object]", kinds)) != layers:
            raise WeightsError("config.json has not as many 'layer_types' as layers: it is damaged")
        return tuple(window if kind == "sliding_attention" else None for kind in cast("list[object]", kinds))
    if family.startswith("qwen"):
        first = whole(config, "max_window_layers", 0, least=0)
        return tuple(window if index >= first else None for index in range(layers))
    if family == "gemma2":
        return tuple(window if index % 2 == 0 else None for index in range(layers))
    if family == "gemma3_text":
        every = whole(config, "sliding_window_pattern", 6)
        return tuple(window if (index + 1) % every else None for index in range(layers))
    return (window,) * layers


def _ropes(config: Json, head_width: int) -> tuple[Rope, Rope | None] | None:
    """Return the global rope, and the local one if it differs; None if a kind of scaling is unknown."""
    context = whole(config, "max_position_embeddings")
    parameters = _mapping(config.get("rope_parameters")) or _mapping(config.get("rope_scaling"))
    if "full_attention" in parameters:
        all_back, local = (
            _mapping(parameters["full_attention"]),
            _mapping(parameters.get("sliding_attention")),
        )
    else:
        all_back, local = parameters, {"rope_theta": config.get("rope_local_base_freq")}
    base = real(all_back, "rope_theta", real(config, "rope_theta", 10_000.0))
    share = real(all_back, "partial_rotary_factor", real(config, "partial_rotary_factor", 1.0))
    if share > 1:
        raise WeightsError(
            f"the model's 'partial_rotary_factor' is {share}, which no model has: is it damaged?"
        )
    rotated = int(head_width * share)
    rope = scaled_rope(rotated, base, all_back, context)
    if rope is None:
        return None
    local_base = optional_real(local, "rope_theta")
    return rope, None if local_base is None else scaled_rope(rotated, local_base, local, context)


def _mapping(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


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
    "intermediate_size": "feed_forward_length",
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
    """Return the architecture that a GGUF file's metadata describe; None if it is not one of ours."""
    name = file.text("general.architecture") or ""
    family = _GGUF_FAMILIES.get(name)
    if family is None or file.integer(f"{name}.expert_count"):
        return None
    architecture = architecture_from_config(_config_of_gguf(file, name, family))
    if architecture is None:
        return None
    # Conversion to GGUF adds Gemma's offset to the norms and writes Llama 3.1's rope bands as a tensor.
    architecture = replace(architecture, norm_offset=0.0)
    if "rope_freqs.weight" not in file.tensors:
        return architecture
    return replace(architecture, rope=_divided(architecture.rope, file))


def _divided(rope: Rope, file: GGUFFile) -> Rope:
    entry = file.tensors["rope_freqs.weight"]
    if (entry.block, entry.shape) != ("F32", (len(rope.frequencies),)):
        raise WeightsError(
            f"{file.path}: tensor 'rope_freqs.weight' is not one number a frequency: is it damaged?"
        )
    factors: list[float] = file.raw(entry.name).view(torch.float32).tolist()
    if not all(1 / REAL_MAX <= factor <= REAL_MAX for factor in factors):
        raise WeightsError(f"{file.path}: tensor 'rope_freqs.weight' has impossible values: is it damaged?")
    divided = zip(rope.frequencies, factors, strict=True)
    return Rope(tuple(frequency / factor for frequency, factor in divided))


def _config_of_gguf(file: GGUFFile, name: str, family: str) -> Json:
    """Return the metadata under the names of config.json."""
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
    """Return the values of these keys.

    Raises WeightsError for a list: none of our models has a value for each layer.
    """
    found = {
        ours: file.metadata[f"{name}.{theirs}"]
        for ours, theirs in keys.items()
        if f"{name}.{theirs}" in file.metadata
    }
    for key, value in found.items():
        if not isinstance(value, int | float | str):
            raise WeightsError(f"{file.path}: its {keys[key]!r} is a list, which is not supported")
    return found
