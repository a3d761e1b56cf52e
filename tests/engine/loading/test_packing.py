"""Packed weights: right, made once, made anew when the file changes, and never required to be on disk."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from holesmith.engine.files.packed_file import FILES_MAX, packed_path, packed_writer
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import load_engine
from holesmith.engine.local import LocalEngine
from holesmith.engine.request import Request
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED
from safetensors import safe_open

from tests.engine.tiny_models import load_directory, make_model, save_model

KIND = "native" if IS_SUPPORTED else "torch"
PROMPT = tuple(range(60, 100))


async def first_tokens(engine: LocalEngine) -> list[int]:
    result = await engine.start(Request(PROMPT, 3, frozenset())).result()
    await engine.close()
    return [token.id for token in result.tokens]


async def test_second_load_maps_what_the_first_packed(tmp_path: Path, cache_directory: Path) -> None:
    source = WeightSource("tiny", save_model(make_model("qwen2"), tmp_path / "m"), "huggingface")
    stages: list[str] = []
    first = load_engine(source, "cpu", lambda stage, _: stages.append(stage))
    assert "packing weights" in stages
    assert first.description.weights == "int8"
    files = list(cache_directory.rglob("*"))
    stages.clear()
    second = load_engine(source, "cpu", lambda stage, _: stages.append(stage))
    assert "packing weights" not in stages
    assert list(cache_directory.rglob("*")) == files
    tokens = await first_tokens(first)
    assert await first_tokens(second) == tokens
    decoder = load_directory(source.path, torch.bfloat16)
    plain = decoder.forward(torch.tensor(PROMPT), decoder.new_cache())[0]
    assert tokens[0] in plain.topk(5).indices


async def test_changed_weights_are_packed_anew(tmp_path: Path) -> None:
    source = WeightSource("tiny", save_model(make_model("qwen2"), tmp_path / "m"), "huggingface")
    before = packed_path(source, KIND)
    save_model(make_model("qwen2", seed=1), tmp_path / "m")
    os.utime(tmp_path / "m" / "model.safetensors", ns=(1, 1))
    assert packed_path(source, KIND) != before


async def test_damaged_packed_file_is_made_anew(tmp_path: Path) -> None:
    source = WeightSource("tiny", save_model(make_model("qwen2"), tmp_path / "m"), "huggingface")
    expected = await first_tokens(load_engine(source, "cpu"))
    packed_path(source, KIND).write_bytes(b"damaged")
    assert await first_tokens(load_engine(source, "cpu")) == expected


async def test_cache_that_cannot_be_written(tmp_path: Path, cache_directory: Path) -> None:
    source = WeightSource("tiny", save_model(make_model("qwen2"), tmp_path / "m"), "huggingface")
    expected = await first_tokens(load_engine(source, "cpu"))
    packed_path(source, KIND).unlink()
    (cache_directory / "packed").rmdir()
    (cache_directory / "packed").write_text("a file in the way")
    assert await first_tokens(load_engine(source, "cpu")) == expected


def test_failed_writing_leaves_nothing_and_old_files_go(tmp_path: Path) -> None:
    def write(name: str, fail: bool = False) -> None:
        with packed_writer(tmp_path / f"{name}.safetensors") as writer:
            writer.add("x", torch.arange(3, dtype=torch.int8))
            if fail:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write("a", fail=True)
    assert list(tmp_path.iterdir()) == []
    for order in range(FILES_MAX + 2):
        write(str(order))
        os.utime(tmp_path / f"{order}.safetensors", (order, order))
    write("last")
    assert len(list(tmp_path.iterdir())) == FILES_MAX
    with safe_open(tmp_path / "last.safetensors", framework="pt") as file:
        assert file.get_tensor("x").tolist() == [0, 1, 2]


def open_folder(packed: Path) -> None:
    packed.parent.chmod(0o777)


def open_file(packed: Path) -> None:
    packed.chmod(0o666)


def give_folder_away(packed: Path) -> None:
    os.chown(packed.parent, 12345, 12345)


def give_cache_away(packed: Path) -> None:
    os.chown(packed.parent.parent, 12345, 12345)


def give_file_away(packed: Path) -> None:
    os.chown(packed, 12345, 12345)


def replace_by_link(packed: Path) -> None:
    packed.symlink_to(packed.rename(packed.with_suffix(".moved")))


@pytest.mark.parametrize(
    "spoil", [open_folder, open_file, give_folder_away, give_cache_away, give_file_away, replace_by_link]
)
async def test_packed_weights_that_another_user_may_have_written_are_not_used(
    tmp_path: Path, cache_directory: Path, spoil: Callable[[Path], None]
) -> None:
    if spoil in (give_folder_away, give_cache_away, give_file_away) and os.geteuid() != 0:
        pytest.skip("only root can give files away")
    source = WeightSource("tiny", save_model(make_model("qwen2"), tmp_path / "m"), "huggingface")
    expected = await first_tokens(load_engine(source, "cpu"))
    packed = packed_path(source, KIND)
    assert packed.is_relative_to(cache_directory)
    others = bytes(len(packed.read_bytes()) - (1 << 20))
    with packed.open("r+b") as file:
        file.seek(1 << 20)
        file.write(others)
    spoil(packed)
    assert await first_tokens(load_engine(source, "cpu")) == expected
    if spoil in (give_folder_away, give_cache_away):
        assert packed.read_bytes().endswith(others)
    else:
        assert packed.stat().st_mode & 0o077 == 0
        assert packed.parent.stat().st_mode & 0o077 == 0
