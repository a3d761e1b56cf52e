"""Headers of GGUF files that no writer makes are one line, soon, whatever they say of counts and places."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.raw_gguf import (
    ARRAY,
    STRING,
    WIDTH,
    RawGGUF,
    RawTensor,
    numbers,
    string,
    tiny,
    u32,
    u64,
)
from tests.engine.refusals import refused_gguf


def nested(depth: int) -> bytes:
    return u32(0)[:0] + b"".join(
        (ARRAY).to_bytes(4, "little") + (1).to_bytes(8, "little") for _ in range(depth)
    )


def overlap(file: RawGGUF) -> None:
    file.tensor("blk.1.attn_q.weight").offset = 0


def far_away(file: RawGGUF) -> None:
    file.tensor("blk.1.attn_q.weight").offset = (1 << 63) - 32


def crooked(file: RawGGUF) -> None:
    file.tensor("output.weight").offset = 8


def twice(file: RawGGUF) -> None:
    file.tensors.append(file.tensors[-1])


def key_twice(file: RawGGUF) -> None:
    file.keys.append(("llama.block_count", u32(1)))


def many_keys(file: RawGGUF) -> None:
    file.keys_count = 1 << 60


def many_tensors(file: RawGGUF) -> None:
    file.tensors_count = 1 << 60


def some_more_tensors(file: RawGGUF) -> None:
    file.tensors_count = 1 << 15


def impossible_sizes(file: RawGGUF) -> None:
    tensor = file.tensor("blk.1.attn_q.weight")
    tensor.shape, tensor.data = (1 << 63, 1 << 63), b""


def sizes_that_wrap(file: RawGGUF) -> None:
    tensor = file.tensor("blk.1.attn_q.weight")
    tensor.shape, tensor.data = (1 << 32, 1 << 32), b""


def no_rows(file: RawGGUF) -> None:
    file.tensor("token_embd.weight").shape = (0, WIDTH)


def no_dimensions(file: RawGGUF) -> None:
    file.tensor("output_norm.weight").shape = ()


def arrays_in_arrays(file: RawGGUF) -> None:
    file.set("general.x", (ARRAY).to_bytes(4, "little") + nested(40) + u32(1))


def a_long_array(file: RawGGUF) -> None:
    file.set("general.x", b"".join((ARRAY.to_bytes(4, "little"), (10).to_bytes(4, "little"), b"\xff" * 8)))


def a_long_array_of_texts(file: RawGGUF) -> None:
    file.set("general.x", ARRAY.to_bytes(4, "little") + STRING.to_bytes(4, "little") + b"\xff" * 8)


def a_long_text(file: RawGGUF) -> None:
    file.set("general.x", STRING.to_bytes(4, "little") + b"\xff" * 8)


def a_long_name(file: RawGGUF) -> None:
    file.tensor("output_norm.weight").name = "x" * 100_000


DAMAGES: list[tuple[Callable[[RawGGUF], None], str]] = [
    (overlap, "overlap"),
    (far_away, "truncated"),
    (crooked, "not aligned"),
    (twice, "twice"),
    (key_twice, "twice"),
    (many_keys, "keys"),
    (many_tensors, "tensors"),
    (some_more_tensors, "damaged"),
    (impossible_sizes, "truncated"),
    (sizes_that_wrap, "truncated"),
    (no_rows, "does not fill"),
    (no_dimensions, "0 dimensions"),
    (arrays_in_arrays, "unknown type 9"),
    (a_long_array, "truncated"),
    (a_long_array_of_texts, "truncated"),
    (a_long_text, "truncated"),
    (a_long_name, "100000 bytes"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGES)
def test_headers_that_no_writer_makes(damage: Callable[[RawGGUF], None], words: str, tmp_path: Path) -> None:
    file = tiny()
    damage(file)
    refused_gguf(file, tmp_path, words)


@pytest.mark.parametrize(
    "value", [u32(0), u32(1), u32(48), u64(1 << 62), string("32"), numbers([32])], ids=range(6)
)
def test_alignments_that_no_writer_has(value: bytes, tmp_path: Path) -> None:
    file = tiny()
    file.set("general.alignment", value)
    refused_gguf(file, tmp_path, "alignment")


def test_text_of_a_file_is_escaped_in_messages(tmp_path: Path) -> None:
    file = tiny()
    file.tensors.append(RawTensor("\x1b]0;owned\x07\n", (1,)))
    file.tensors.append(RawTensor("\x1b]0;owned\x07\n", (1,)))
    refused_gguf(file, tmp_path, r"\x1b]0;owned\x07\n")
