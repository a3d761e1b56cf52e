"""Twenty thousand damaged headers: each is a model that loads, or one line, and takes little memory."""

import json
import random
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from holesmith.engine.errors import EngineError, WeightsError
from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.files.model_folder import read_json
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.configuration import architecture_from_config, architecture_from_gguf
from holesmith.engine.loading.load import load_model
from holesmith.engine.loading.weight_check import check_vocabulary
from holesmith.engine.loading.weights import GGUFWeights, SafetensorsWeights
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.vocabulary.gguf import vocabulary_from_gguf
from holesmith.engine.vocabulary.huggingface import vocabulary_from_directory

from tests.engine.raw_gguf import RawGGUF, f32, numbers, string, strings, tiny, u32, u64
from tests.engine.tiny_models import make_model, save_model

GGUF_FILES, DIRECTORIES, DECODED_MAX = 16_000, 4_000, 200
BYTES_MORE = 256 << 20

WHOLE = (
    *(0, 1, 2, 3, 7, 8, 31, 32, 64, 255, 1 << 15, 1 << 16, 1 << 20, 1 << 24),
    *((1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1),
)
REAL = [0.0, -1.0, 1e-30, 1e30, float("inf"), float("nan")]


@pytest.fixture
def folder(tmp_path: Path) -> Generator[Path]:
    """Of files in memory, where there are such: writing a file again and again waits for the disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as name:
        yield Path(name)


@contextmanager
def little_memory() -> Generator[None]:
    """While this lasts, taking much more memory than is taken now is a MemoryError."""
    resource = pytest.importorskip("resource")
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    now = int(statm.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + BYTES_MORE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def is_refused(read: Callable[[], object]) -> bool:
    """Whether reading ended with one line that says why; anything but that and success fails the test."""
    try:
        read()
    except WeightsError as error:
        check_one_line(error)
        return True
    return False


def check_one_line(error: EngineError) -> None:
    assert "\n" not in str(error)
    assert len(str(error)) < 1000


def read_header(path: Path) -> None:
    """All that loading does before it reads a weight."""
    file = read_gguf(path)
    vocabulary, architecture = vocabulary_from_gguf(file), architecture_from_gguf(file)
    if architecture is not None:
        check_vocabulary(vocabulary, GGUFWeights(file, architecture))


def value(rng: random.Random) -> bytes:
    """A value of the metadata, of any type."""
    return rng.choice(
        [
            u32(rng.choice(WHOLE) & 0xFFFFFFFF),
            u64(rng.choice(WHOLE)),
            f32(rng.choice(REAL)),
            string(rng.choice(["", "llama", "yarn", "linear", "gpt2", "\x00\n", "x" * 300])),
            string(rng.randbytes(5)),
            strings(["a", "b c", ""]),
            numbers([1] * rng.choice([0, 2, 260])),
            struct.pack("<I", rng.randrange(16)) + rng.randbytes(12),
            struct.pack("<IIQ", 9, rng.randrange(14), rng.choice(WHOLE)),
        ]
    )


def change_a_key(file: RawGGUF, rng: random.Random) -> None:
    at = rng.randrange(len(file.keys))
    name = file.keys[at][0]
    file.keys[at] = rng.choice([name, name, name, rng.choice(file.keys)[0]]), value(rng)


def add_a_key(file: RawGGUF, rng: random.Random) -> None:
    names = (
        "general.alignment",
        "llama.rope.scaling.type",
        "llama.rope.scaling.factor",
        "llama.expert_count",
    )
    more = ("tokenizer.ggml.scores", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token", "x")
    file.keys.append((rng.choice(names + more), value(rng)))


def drop_a_key(file: RawGGUF, rng: random.Random) -> None:
    del file.keys[rng.randrange(len(file.keys))]


def change_a_tensor(file: RawGGUF, rng: random.Random) -> None:
    tensor = rng.choice(file.tensors)
    shape = list(tensor.shape)
    match rng.randrange(5):
        case 0:
            shape[rng.randrange(len(shape))] = rng.choice(WHOLE)
        case 1:
            shape = [*shape, rng.choice(WHOLE)][: rng.randrange(6)]
        case 2:
            tensor.kind = rng.choice([*range(40), 1 << 31])
        case 3:
            tensor.offset = rng.choice(WHOLE)
        case _:
            tensor.name = rng.choice([rng.choice(file.tensors).name, "", "x" * 70_000, "rope_freqs.weight"])
    tensor.data, tensor.shape = b"", tuple(shape)


def drop_or_repeat_a_tensor(file: RawGGUF, rng: random.Random) -> None:
    at = rng.randrange(len(file.tensors))
    file.tensors[at : at + 1] = [file.tensors[at]] * rng.choice([0, 2])


def change_a_count(file: RawGGUF, rng: random.Random) -> None:
    if rng.random() < 0.5:
        file.keys_count = rng.choice(WHOLE)
    else:
        file.tensors_count = rng.choice(WHOLE)


CHANGES = (
    *(change_a_key, change_a_key, add_a_key, drop_a_key, change_a_tensor, change_a_tensor),
    *(drop_or_repeat_a_tensor, change_a_count),
)


def damaged_gguf(rng: random.Random) -> bytes:
    """A header with one to three things changed, or with some bytes overwritten; no data behind it."""
    file = tiny()
    for tensor in file.tensors:  # where the data lies, without the data
        tensor.data = b""
    at = 0
    for tensor in file.tensors:
        tensor.offset = at
        at += -(-4 * _product(tensor.shape) // 32) * 32
    if rng.random() < 0.6:
        for _ in range(rng.randint(1, 3)):
            rng.choice(CHANGES)(file, rng)
        return file.bytes()
    return overwritten(bytearray(file.bytes()), rng)


def _product(shape: tuple[int, ...]) -> int:
    return shape[0] * (shape[1] if len(shape) > 1 else 1)


def overwritten(content: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(content))
        new = rng.choice(
            [rng.randbytes(1), rng.randbytes(8), struct.pack("<Q", rng.choice(WHOLE)), bytes([0, 0, 0, 0])]
        )
        content[at : at + len(new)] = new
    return bytes(content[: rng.randrange(len(content))] if rng.random() < 0.1 else content)


def runs(source: WeightSource) -> None:
    """What passed every check is loaded and decodes one token, or is refused then."""
    try:
        model = load_model(source, torch.device("cpu")).model
    except EngineError as error:
        check_one_line(error)
        return
    assert isinstance(model, Decoder)
    for ids in (torch.arange(3), torch.tensor([5]), torch.arange(20)):
        cache = model.new_cache(64)
        model.forward(ids[: cache.capacity], cache)


def test_damaged_gguf_headers_are_one_line_or_a_model(folder: Path) -> None:
    rng = random.Random(20261130)
    path, data_bytes, valid = folder / "m.gguf", 1 << 19, list[bytes]()
    with little_memory():
        for _ in range(GGUF_FILES):
            content = damaged_gguf(rng)
            with path.open("wb") as file:
                file.write(content)
                file.truncate(len(content) + data_bytes * (rng.random() < 0.9))
            if not is_refused(lambda: read_header(path)) and len(valid) < DECODED_MAX:
                valid.append(content)
    assert len(valid) >= DECODED_MAX // 2
    for at, content in enumerate(valid):
        path = folder / f"{at}.gguf"
        with path.open("wb") as file:
            file.write(content)
            file.truncate(len(content) + data_bytes)
        runs(WeightSource("fuzzed", path, "gguf"))
        path.unlink()


def changed_json(content: object, rng: random.Random) -> object:
    """The content with one value in it, at any depth, replaced."""
    if isinstance(content, dict) and content and rng.random() < 0.9:
        known: dict[str, object] = dict(content)  # pyright: ignore[reportUnknownArgumentType]  # parsed JSON
        key = rng.choice(list(known))
        if rng.random() < 0.1:
            del known[key]
        else:
            known[key] = changed_json(known[key], rng)
        return known
    if isinstance(content, list) and content and rng.random() < 0.9:
        items: list[object] = list(content)  # pyright: ignore[reportUnknownArgumentType]  # parsed JSON
        at = rng.randrange(len(items))
        items[at] = changed_json(items[at], rng)
        return items
    strange = [None, True, "", "x", "BF16", "I8", [], {}, [[]], [-1], {"": 0}, -1, 10**400]
    return rng.choice([*strange, *WHOLE, *REAL])


def damaged_json(content: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.25:
        return overwritten(bytearray(content), rng)
    parsed: object = json.loads(content)
    for _ in range(rng.randint(1, 2)):
        parsed = changed_json(parsed, rng)
    return json.dumps(parsed).encode()


def read_directory(directory: Path) -> None:
    """All that loading does before it reads a weight."""
    vocabulary = vocabulary_from_directory(directory)
    architecture = architecture_from_config(read_json(directory / "config.json"))
    if architecture is not None:
        check_vocabulary(vocabulary, SafetensorsWeights(directory, architecture))


def test_damaged_directories_are_one_line_or_a_model(folder: Path) -> None:
    rng = random.Random(20261130)
    directory = save_model(make_model("qwen2 window"), folder / "m")
    whole = (directory / "model.safetensors").read_bytes()
    header_bytes = int.from_bytes(whole[:8], "little")
    header, data = whole[8 : 8 + header_bytes], whole[8 + header_bytes :]
    plain = {name: (directory / name).read_bytes() for name in ("config.json", "tokenizer.json")}
    valid: list[tuple[str, bytes]] = []
    with little_memory():
        for _ in range(DIRECTORIES):
            name = rng.choice(["config.json", "tokenizer.json", "model.safetensors", "model.safetensors"])
            if name == "model.safetensors":
                damaged = damaged_json(header, rng)
                size = len(damaged) if rng.random() < 0.9 else rng.choice(WHOLE)
                content = struct.pack("<Q", size) + damaged + data
                restored = whole
            else:
                content, restored = damaged_json(plain[name], rng), plain[name]
            (directory / name).write_bytes(content)
            if not is_refused(lambda: read_directory(directory)) and len(valid) < DECODED_MAX:
                valid.append((name, content))
            (directory / name).write_bytes(restored)
    assert len(valid) >= DECODED_MAX // 4
    for name, content in valid[: DECODED_MAX // 4]:
        (directory / name).write_bytes(content)
        if architecture_from_config(read_json(directory / "config.json")) is not None:
            runs(WeightSource("fuzzed", directory, "huggingface"))
        (directory / name).write_bytes(whole if name == "model.safetensors" else plain[name])
