"""Rotary position embedding: the frequencies, their scaling for long contexts, and the tables of angles.

Angles are computed in float32 whatever the model's type: in bf16 positions above 256 are not even integers.
Sources: RoFormer (arXiv 2104.09864), linear interpolation (2306.15595), YaRN (2309.00071), Llama 3.1's bands.
"""

import math
from dataclasses import dataclass

import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.model.checked_numbers import Json, optional_cap, optional_real, real
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Rope:
    """Rotation frequencies of one head's first ``2 * len(frequencies)`` components; the rest is not rotated.

    ``magnitude`` multiplies the rotated queries and keys (YaRN's attention temperature).
    """

    frequencies: tuple[float, ...]
    magnitude: float = 1.0

    def tables(self, positions: int, head_width: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return cosine and signed sine for positions 0, 1, …; 1 and 0 for components that are not rotated.

        # two of [positions, head_width] float32
        """
        angles = torch.arange(positions, dtype=torch.float32)[:, None] * torch.tensor(self.frequencies)
        still = head_width - 2 * len(self.frequencies)
        cosine, sine = angles.cos() * self.magnitude, angles.sin() * self.magnitude
        return (
            torch.cat([cosine, cosine, torch.ones(positions, still)], dim=1).to(device),
            torch.cat([-sine, sine, torch.zeros(positions, still)], dim=1).to(device),
        )

    def swap(self, head_width: int, device: torch.device) -> Tensor:
        """Return the partner of each component: pairs are (i, i + half).  # [head_width] int64"""
        half = len(self.frequencies)
        return torch.tensor(
            [*range(half, 2 * half), *range(half), *range(2 * half, head_width)], device=device
        )


def scaled_rope(rotated: int, base: float, scaling: Json, context: int) -> Rope | None:
    """Return the rope of a model's ``rope_parameters`` (once ``rope_scaling``); None if its kind is unknown.

    ``rotated`` is the number of rotated components, ``context`` the longest context of the configuration.
    Raises WeightsError for numbers that no model has.
    """
    plain = tuple(base ** -(2 * i / rotated) for i in range(rotated // 2))
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    factor = real(scaling, "factor", 1.0)
    if kind in ("default", "none", "dynamic"):  # dynamic: unscaled up to the context, never exceeded here
        return Rope(plain)
    if kind == "linear":
        return Rope(tuple(frequency / factor for frequency in plain))
    original = real(scaling, "original_max_position_embeddings", context)
    if kind == "llama3":
        low, high = real(scaling, "low_freq_factor", 1.0), real(scaling, "high_freq_factor", 4.0)
        if low >= high:
            raise WeightsError(
                "the model's 'low_freq_factor' is not below its 'high_freq_factor': is it damaged?"
            )
        return Rope(tuple(_llama3_frequency(frequency, factor, low, high, original) for frequency in plain))
    return _yarn(plain, base, scaling, factor, original) if kind == "yarn" else None


def _llama3_frequency(frequency: float, factor: float, low: float, high: float, original: float) -> float:
    """Scale a frequency: high ones stay, low ones are divided, those between are blended."""
    turns = original * frequency / (2 * math.pi)
    if turns > high:
        return frequency
    if turns < low:
        return frequency / factor
    blend = (turns - low) / (high - low)
    return (1 - blend) * frequency / factor + blend * frequency


def _yarn(plain: tuple[float, ...], base: float, scaling: Json, factor: float, original: float) -> Rope:
    if base <= 1:
        raise WeightsError(f"the model's 'rope_theta' is {base}, which no model has: is it damaged?")
    width = 2 * len(plain)

    def component(turns: float) -> float:
        return width * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))

    first = component(real(scaling, "beta_fast", 32.0))
    last = component(real(scaling, "beta_slow", 1.0))
    if scaling.get("truncate", True) is not False:
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, width - 1)
    span = (last - first) or 0.001
    ramp = [min(max((i - first) / span, 0.0), 1.0) for i in range(len(plain))]
    frequencies = tuple(
        frequency * (1 - share) + frequency / factor * share
        for frequency, share in zip(plain, ramp, strict=True)
    )
    return Rope(frequencies, _yarn_magnitude(scaling, factor))


def _yarn_magnitude(scaling: Json, factor: float) -> float:
    explicit = optional_real(scaling, "attention_factor")
    if explicit is not None:
        return explicit
    if factor <= 1:
        return 1.0
    top, bottom = (optional_cap(scaling, key) for key in ("mscale", "mscale_all_dim"))
    if top is None or bottom is None:
        return 0.1 * math.log(factor) + 1
    return (0.1 * top * math.log(factor) + 1) / (0.1 * bottom * math.log(factor) + 1)


def rotate(heads: Tensor, cosine: Tensor, signed_sine: Tensor, swap: Tensor) -> Tensor:
    """Rotate each head by its token's angles.

    ``heads`` is [tokens, heads, head_width] float32; the tables are [tokens, 1, head_width].
    """
    return torch.addcmul(heads * cosine, heads.index_select(-1, swap), signed_sine)
