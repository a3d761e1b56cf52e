"""The location of one model's weights, which the store finds and the loader reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class WeightSource:
    """A ``.gguf`` file, or a directory with config.json, tokenizer.json and *.safetensors.

    ``hashes`` are the files of a stored model with their SHA-256; empty for a path outside of the store.
    """

    name: str
    path: Path
    layout: Literal["gguf", "huggingface"]
    hashes: tuple[tuple[Path, str], ...] = ()
