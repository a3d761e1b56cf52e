"""Numbers of a model's configuration, accepted only within the bounds of real models.

The configuration is written by the model's author. A count that is too large would take all memory before a
single tensor is compared with it, and a zero that something is divided by would give no clear error.
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
"""The greatest value of each count, several times that of the largest models."""

# Limit of real numbers; their inverse is limited in the same way.
REAL_MAX = 1e12


def whole(config: Json, key: str, default: int | None = None, least: int = 1) -> int:
    """Return a whole number from ``least`` up to the bound of its key. Without a default the key is required.

    Raises WeightsError with the key if the number is missing or out of bounds.
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
    """Return a number as `optional_real` does, but ``default`` if it is missing."""
    value = optional_real(config, key)
    return default if value is None else value


def optional_real(config: Json, key: str) -> float | None:
    """Return a positive finite number; None if it is missing. Raises WeightsError for anything else."""
    value = config.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if not 1 / REAL_MAX <= value <= REAL_MAX:  # false also for NaN
        raise WeightsError(f"the model's {key!r} is {in_digits(value)}, which no model has: is it damaged?")
    return float(value)


def optional_cap(config: Json, key: str) -> float | None:
    """Return a number as `optional_real` does, but None for zero."""
    return None if config.get(key) == 0 else optional_real(config, key)


def in_digits(value: float) -> str:
    """Write a number for a message, however long it is."""
    return (
        str(value) if isinstance(value, float) or abs(value) < 1 << 64 else "a number of more than 20 digits"
    )
