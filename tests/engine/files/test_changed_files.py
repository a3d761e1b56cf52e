"""Files of a model that change while it is loaded: the next answer is right, or one line that says so."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from holesmith.engine.errors import EngineError, WeightsError
from holesmith.engine.files.packed_file import packed_path
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import load_engine, load_model
from holesmith.engine.local import LocalEngine
from holesmith.engine.request import Request
from holesmith.engine.store.store import Record, StoredFile, find, write_record
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED
from safetensors.torch import load_file, save_file

from tests.engine.raw_gguf import INNER, WIDTH, tiny
from tests.engine.tiny_models import make_model, save_model

KIND = "native" if IS_SUPPORTED else "torch"
CPU = torch.device("cpu")


@pytest.fixture
def source(tmp_path: Path) -> WeightSource:
    return WeightSource("tiny", tiny().save(tmp_path / "model.gguf"), "gguf")


@pytest.fixture(params=["gguf", "safetensors", "packed"])
def changing(
    request: pytest.FixtureRequest, source: WeightSource, tmp_path: Path
) -> tuple[WeightSource, Path]:
    """A model, and the one of its files that something happens to."""
    if request.param == "safetensors":
        directory = save_model(make_model("qwen2"), tmp_path / "m")
        return WeightSource("tiny", directory, "huggingface"), directory / "model.safetensors"
    load_model(source, CPU)
    return source, source.path if request.param == "gguf" else packed_path(source, KIND)


async def tokens(engine: LocalEngine, first: int) -> list[int]:
    prompt = tuple(range(first, first + 20))
    result = await engine.start(Request(prompt, 4, frozenset())).result()
    return [token.id for token in result.tokens]


async def expected_of(source: WeightSource, first: int) -> list[int]:
    engine = load_engine(source, "cpu")
    expected = await tokens(engine, first)
    await engine.close()
    return expected


async def check_told(engine: LocalEngine) -> None:
    for first in (100, 140):
        with pytest.raises(EngineError, match="was changed while it was in use") as caught:
            await tokens(engine, first)
        assert "\n" not in str(caught.value)
    await engine.close()


async def test_a_deleted_file_changes_no_answer(changing: tuple[WeightSource, Path]) -> None:
    source, file = changing
    expected = await expected_of(source, 100)
    engine = load_engine(source, "cpu")
    await tokens(engine, 30)
    file.unlink()
    assert await tokens(engine, 100) == expected
    await engine.close()


async def test_a_file_renamed_over_it_changes_no_answer(
    changing: tuple[WeightSource, Path], tmp_path: Path
) -> None:
    source, file = changing
    expected = await expected_of(source, 100)
    engine = load_engine(source, "cpu")
    await tokens(engine, 30)
    (tmp_path / "other").write_bytes(bytes(1000))
    (tmp_path / "other").rename(file)
    assert await tokens(engine, 100) == expected
    await engine.close()


@pytest.mark.parametrize("size", [0, 4096, -4096])
async def test_a_file_that_is_cut_off_is_told(changing: tuple[WeightSource, Path], size: int) -> None:
    source, file = changing
    engine = load_engine(source, "cpu")
    await tokens(engine, 30)
    os.truncate(file, size if size >= 0 else file.stat().st_size + size)
    await check_told(engine)


async def test_a_file_that_is_written_over_is_told(changing: tuple[WeightSource, Path]) -> None:
    source, file = changing
    engine = load_engine(source, "cpu")
    await tokens(engine, 30)
    with file.open("r+b") as opened:  # in place, as `cp` does it
        opened.write(os.urandom(file.stat().st_size))
    os.utime(file, ns=(1, 1))
    await check_told(engine)


async def test_another_server_that_loads_the_same_model_disturbs_nothing(source: WeightSource) -> None:
    engine = load_engine(source, "cpu")
    expected = await tokens(engine, 30)
    other = load_engine(source, "cpu")
    assert await tokens(other, 30) == expected == await tokens(engine, 30)
    await other.close()
    await engine.close()


async def test_a_file_of_the_same_name_size_and_time_is_another_model(
    source: WeightSource, tmp_path: Path
) -> None:
    before = await expected_of(source, 30)
    stat = source.path.stat()
    other = tiny()
    for tensor in other.tensors:
        content = tensor.bytes()
        tensor.data = (
            content if len(tensor.shape) == 1 else content[len(content) // 2 :] + content[: len(content) // 2]
        )
    other.save(source.path)
    os.utime(source.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert source.path.stat().st_size == stat.st_size
    plain = await expected_of(source, 30)
    packed_path(source, KIND).unlink()
    assert plain == await expected_of(source, 30) != before


def damage_part(
    tensors: dict[str, torch.Tensor], part: str, value: torch.Tensor | None
) -> dict[str, torch.Tensor]:
    name = next(name for name in sorted(tensors) if name.endswith(part))
    damaged = {**tensors, **({} if value is None else {name: value})}
    return damaged if value is not None else {key: kept for key, kept in tensors.items() if key != name}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("ffn_down.codes", torch.zeros(4, 16, 16, 4, dtype=torch.uint8)),
        ("ffn_down.codes", torch.zeros(4, INNER, 16, 4, dtype=torch.uint8)),
        ("ffn_down.codes", torch.zeros(1, dtype=torch.uint8)),
        ("ffn_down.codes", torch.zeros(WIDTH, INNER, dtype=torch.int8)),
        ("ffn_down.row_scales", torch.zeros(1)),
        ("ffn_down.row_scales", torch.zeros(WIDTH, dtype=torch.float64)),
        ("ffn_down.row_scales", None),
        ("ffn_up.bias", torch.zeros(1)),
        ("ffn_up.bias", torch.zeros(192, 1)),
    ],
    ids=range(9),
)
async def test_a_packed_file_of_other_sizes_is_made_anew(
    part: str, value: torch.Tensor | None, source: WeightSource
) -> None:
    expected = await expected_of(source, 30)
    path = packed_path(source, KIND)
    save_file(damage_part(load_file(path), part, value), path)
    assert await expected_of(source, 30) == expected
    for name in ("codes", "row_scales"):  # with the parts of another matrix
        tensors = load_file(path)
        tensors[f"blk.0.ffn_down.{name}"] = tensors[f"output.{name}"]
        save_file({key: tensor.clone() for key, tensor in tensors.items()}, path)
        assert await expected_of(source, 30) == expected


@pytest.fixture
def stored(source: WeightSource, tmp_path: Path) -> Path:
    """The tiny model as the default model of a store; gives the store."""
    directory = tmp_path / "store" / "qwen2.5-coder-0.5b"
    directory.mkdir(parents=True)
    content = source.path.read_bytes()
    (directory / "w.gguf").write_bytes(content)
    file = StoredFile("w.gguf", len(content), hashlib.sha256(content).hexdigest())
    write_record(Record(directory.name, "MIT", "a test", None, (file,)), directory)
    return tmp_path / "store"


def test_a_stored_model_with_a_changed_byte_is_not_loaded(stored: Path) -> None:
    source = find("qwen2.5-coder-0.5b", stored)
    load_model(source, CPU)
    stat = source.path.stat()
    with source.path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")
    os.utime(source.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # size and time are as before
    with pytest.raises(
        WeightsError, match="does not have the SHA-256 that it was stored with: run `holesmith"
    ):
        load_model(find("qwen2.5-coder-0.5b", stored), CPU)


def test_a_stored_model_is_read_whole_only_once(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = find("qwen2.5-coder-0.5b", stored)
    load_model(source, CPU)

    def no_reading(path: Path) -> str:
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr("holesmith.engine.store.verified_files.sha256_of_file", no_reading)
    load_model(source, CPU)


def test_what_others_say_of_a_file_is_not_believed(stored: Path, cache_directory: Path) -> None:
    source = find("qwen2.5-coder-0.5b", stored)
    load_model(source, CPU)
    (note,) = (cache_directory / "verified").iterdir()
    for text in ("", "[]", "\xff", json.dumps([str(source.path), "0" * 64])):
        note.write_text(text)
        load_model(source, CPU)
    assert note.stat().st_mode & 0o077 == 0
    assert note.parent.stat().st_mode & 0o077 == 0


def test_a_note_that_others_may_write_is_not_believed(stored: Path, cache_directory: Path) -> None:
    source = find("qwen2.5-coder-0.5b", stored)
    load_model(source, CPU)
    (note,) = (cache_directory / "verified").iterdir()
    note.chmod(0o666)
    (damaged, sha256), *_ = source.hashes
    with damaged.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")
    found = damaged.stat()
    state = [str(damaged), sha256, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
    note.write_text(json.dumps(state))
    with pytest.raises(WeightsError, match="SHA-256"):
        load_model(find("qwen2.5-coder-0.5b", stored), CPU)
