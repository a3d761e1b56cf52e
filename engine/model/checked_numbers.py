"""Numbers out of a model's configuration, believed only within the bounds of what a model can have.

A configuration is data of whoever made the model: a count too large would take all memory before a single
tensor is compared with it, and a zero where something is divided by it would be no clear error.
"""

from collections.abc import Mapping

from holesmith.engine.errors import WeightsError

Json = Mapping[str, object]

WHOLE_MAX: Mapping[str, int] = {
    "hidden_size": 1 << 16,
    "intermediate_size": 1 << 20,
    "num_hidden_layers": 1 << 10,
    "num_attention_heads": 1 << 10,
    "num_key_value_heads": 1 << 10,
    "head_dim": 1 << 10,
    "max_position_embeddings": 1 << 30,
    "original_max_position_embeddings": 1 << 30,
    "sliding_window": 1 << 30,
    "sliding_window_pattern": 1 << 10,
    "max_window_layers": 1 << 30,
}
"""The most that each count may be; several times what the largest models have."""

REAL_MAX = 1e12


def whole(config: Json, key: str, default: int | None = None, least: int = 1) -> int:
    """A whole number from ``least`` up to the bound of its key; None as default makes it required.

    Raises WeightsError with the key where it is missing or out of bounds.
    """
    value = config.get(key)
    if value is None and default is not None:
        value = default
    if not isinstance(value, int) or isinstance(value, bool):
        raise WeightsError(f"the configuration lacks {key!r}: the model is incomplete or damaged")
    if not least <= value <= WHOLE_MAX[key]:
        raise WeightsError(f"the model's {key!r} is {in_digits(value)}, which no model has: is it damaged?")
    return value


def real(config: Json, key: str, default: float) -> float:
    """As `optional_real`, but ``default`` where it is missing."""
    value = optional_real(config, key)
    return default if value is None else value


def optional_real(config: Json, key: str) -> float | None:
    """A positive finite number; None where it is missing. Raises WeightsError where it is anything else."""
    value = config.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if not 1 / REAL_MAX <= value <= REAL_MAX:  # false too for what is not a number
        raise WeightsError(f"the model's {key!r} is {in_digits(value)}, which no model has: is it damaged?")
    return float(value)


def optional_cap(config: Json, key: str) -> float | None:
    """As `optional_real`, where zero means that there is none."""
    return None if config.get(key) == 0 else optional_real(config, key)


def in_digits(value: float) -> str:
    """A number for a message, however long it is."""
    return (
        str(value) if isinstance(value, float) or abs(value) < 1 << 64 else "a number of more than 20 digits"
    )
