"""GGUF files byte by byte, so that anything in them can be wrong: a tiny model of one's own."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from holesmith.engine.vocabulary.vocabulary import BYTE_OF_CHARACTER

WIDTH, HEADS, KV_HEADS, HEAD_WIDTH, INNER, LAYERS = 64, 4, 2, 16, 96, 2
SPECIAL = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
TOKENS = (*BYTE_OF_CHARACTER, *SPECIAL)
F32, STRING, ARRAY, U32, FLOAT, I32, U64 = 0, 8, 9, 4, 6, 5, 10


def text(value: str | bytes) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def u32(value: int) -> bytes:
    return struct.pack("<II", U32, value)


def u64(value: int) -> bytes:
    return struct.pack("<IQ", U64, value)


def f32(value: float) -> bytes:
    return struct.pack("<If", FLOAT, value)


def string(value: str | bytes) -> bytes:
    return struct.pack("<I", STRING) + text(value)


def strings(values: Sequence[str | bytes]) -> bytes:
    return struct.pack("<IIQ", ARRAY, STRING, len(values)) + b"".join(map(text, values))


def numbers(values: Sequence[int]) -> bytes:
    return struct.pack("<IIQ", ARRAY, I32, len(values)) + np.array(values, "<i4").tobytes()


@dataclass
class RawTensor:
    """``data`` None: random numbers that fill the shape. ``shape`` has rows first."""

    name: str
    shape: tuple[int, ...]
    kind: int = F32
    data: bytes | None = None
    offset: int | None = None

    def bytes(self) -> bytes:
        if self.data is not None:
            return self.data
        rng = np.random.default_rng(len(self.name))
        values = rng.standard_normal(self.shape) * 0.1 + (len(self.shape) == 1)
        return values.astype("<f4").tobytes()


@dataclass
class RawGGUF:
    """``keys`` are metadata as they are written; counts None: the true ones."""

    keys: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    tensors: list[RawTensor] = field(default_factory=list[RawTensor])
    keys_count: int | None = None
    tensors_count: int | None = None
    alignment: int = 32

    def set(self, key: str, value: bytes) -> None:
        """Put in the place of what was said of the key, or at the end."""
        if not any(name == key for name, _ in self.keys):
            self.keys.append((key, value))
        self.keys = [(name, value if name == key else known) for name, known in self.keys]

    def tensor(self, name: str) -> RawTensor:
        return next(tensor for tensor in self.tensors if tensor.name == name)

    def bytes(self) -> bytes:
        """The whole file."""
        count = len(self.tensors) if self.tensors_count is None else self.tensors_count
        pairs = len(self.keys) if self.keys_count is None else self.keys_count
        head = b"GGUF" + struct.pack("<IQQ", 3, count, pairs)
        head += b"".join(text(key) + value for key, value in self.keys)
        body = b""
        for tensor in self.tensors:
            data = tensor.bytes()
            offset = len(body) if tensor.offset is None else tensor.offset
            sizes = b"".join(struct.pack("<Q", size) for size in reversed(tensor.shape))
            head += text(tensor.name) + struct.pack("<I", len(tensor.shape)) + sizes
            head += struct.pack("<IQ", tensor.kind, offset)
            body += data + bytes(-len(data) % self.alignment)
        return head + bytes(-len(head) % self.alignment) + body

    def save(self, path: Path) -> Path:
        path.write_bytes(self.bytes())
        return path


def tiny(family: str = "llama") -> RawGGUF:
    """A model that loads."""
    file = RawGGUF()
    file.keys = [
        ("general.architecture", string(family)),
        (f"{family}.block_count", u32(LAYERS)),
        (f"{family}.context_length", u32(256)),
        (f"{family}.embedding_length", u32(WIDTH)),
        (f"{family}.feed_forward_length", u32(INNER)),
        (f"{family}.attention.head_count", u32(HEADS)),
        (f"{family}.attention.head_count_kv", u32(KV_HEADS)),
        (f"{family}.attention.key_length", u32(HEAD_WIDTH)),
        (f"{family}.attention.layer_norm_rms_epsilon", f32(1e-6)),
        (f"{family}.rope.freq_base", f32(10_000.0)),
        ("tokenizer.ggml.model", string("gpt2")),
        ("tokenizer.ggml.pre", string("qwen2")),
        ("tokenizer.ggml.tokens", strings(TOKENS)),
        ("tokenizer.ggml.token_type", numbers([1] * 256 + [3] * len(SPECIAL))),
        ("tokenizer.ggml.merges", strings([])),
        ("tokenizer.ggml.eos_token_id", u32(256)),
    ]
    queries, keys = HEADS * HEAD_WIDTH, KV_HEADS * HEAD_WIDTH
    file.tensors = [
        RawTensor("token_embd.weight", (len(TOKENS), WIDTH)),
        RawTensor("output.weight", (len(TOKENS), WIDTH)),
        RawTensor("output_norm.weight", (WIDTH,)),
    ]
    for layer in range(LAYERS):
        start = f"blk.{layer}."
        shapes = {
            "attn_norm.weight": (WIDTH,),
            "attn_q.weight": (queries, WIDTH),
            "attn_q.bias": (queries,),
            "attn_k.weight": (keys, WIDTH),
            "attn_v.weight": (keys, WIDTH),
            "attn_output.weight": (WIDTH, queries),
            "ffn_norm.weight": (WIDTH,),
            "ffn_gate.weight": (INNER, WIDTH),
            "ffn_gate.bias": (INNER,),
            "ffn_up.weight": (INNER, WIDTH),
            "ffn_down.weight": (WIDTH, INNER),
        }
        file.tensors += [RawTensor(start + name, shape) for name, shape in shapes.items()]
    return file
