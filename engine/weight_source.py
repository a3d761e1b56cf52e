"""Where the weights of one model lie: what the store finds and the loader reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class WeightSource:
    """A ``.gguf`` file, or a directory with config.json, tokenizer.json and *.safetensors."""

    name: str
    path: Path
    layout: Literal["gguf", "huggingface"]
