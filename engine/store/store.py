"""The models on this machine, their places, and the meaning of a name or a path.

Invariants: nothing here uses the network; a model's directory appears in the store only when it is whole, and
its record (``holesmith.json``) states every file with its size and hash.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import platformdirs
from holesmith.engine.errors import ModelNotFoundError, WeightsError
from holesmith.engine.files.file_hash import sha256_of_file
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.store.catalogue import Model, nearest_names, resolve
from holesmith.system.private_files import open_private

STORE_VARIABLE = "HOLESMITH_MODELS"
RECORD_NAME = "holesmith.json"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a stored model. ``path`` is relative to the model's directory and has forward slashes."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a stored model with its source. ``revision`` is a commit of the hub."""

    name: str
    licence: str | None
    source: str
    revision: str | None
    files: tuple[StoredFile, ...]

    @property
    def bytes(self) -> int:
        """The sizes of all files together."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model in the store."""

    record: Record
    directory: Path


def store_directory() -> Path:
    """Return the folder of models: ``$HOLESMITH_MODELS``, else one in the user's data directory.

    Raises ModelNotFoundError if the user has no home and names no folder, or a relative one.
    """
    try:
        if override := os.environ.get(STORE_VARIABLE):
            directory = Path(override).expanduser()
            if not directory.is_absolute():  # it would depend on the current folder
                raise ModelNotFoundError(f"{STORE_VARIABLE} must name a whole path, not {override}")
            return directory
        return Path(platformdirs.user_data_dir("holesmith", appauthor=False)) / "models"
    except RuntimeError:
        raise ModelNotFoundError(
            f"there is no folder for models, because this user has no home; set {STORE_VARIABLE} or HOME"
        ) from None


def find(name_or_path: str, root: Path | None = None, *, relative_paths: bool = False) -> WeightSource:
    """Return the weights of a name of the store, a ``.gguf`` file or a directory in Hugging Face layout.

    Outside of the store only an absolute path is looked for, unless ``relative_paths`` says that the user
    typed the path: the current folder of a server is a workspace, whose files must not take the place of a
    model.

    Raises ModelNotFoundError, with the command that helps, or WeightsError for damaged or unreadable weights.
    """
    model = resolve(name_or_path)
    if model is not None and (stored := stored_model(model, root)) is not None:
        if damage := find_size_damage(stored):
            raise WeightsError(f"{damage}: run `holesmith model pull {model.name}` to restore it")
        return weight_source(stored)
    path = explicit_path(name_or_path, relative_paths=relative_paths)
    if path is not None and path.exists():
        return local_weights(path)
    raise _not_found(name_or_path, model, path)


def explicit_path(name_or_path: str, *, relative_paths: bool) -> Path | None:
    """Return the absolute path that a text denotes; None if it is a name.

    A relative path counts only if the caller allows it, and if it begins with ``./`` or ``../`` or ends in
    ``.gguf``: nothing else tells it from a name.
    """
    path = Path(os.path.expanduser(name_or_path))  # noqa: PTH111  # pathlib raises where there is no home
    if path.is_absolute():
        return path
    return path.absolute() if relative_paths and is_relative_path(name_or_path) else None


def is_relative_path(name_or_path: str) -> bool:
    """True if a text that is not an absolute path is a relative one, and no model's name."""
    begins_so = name_or_path.startswith(("./", "../", ".\\", "..\\")) or name_or_path in (".", "..")
    return begins_so or (name_or_path.endswith(".gguf") and ":" not in name_or_path)


def stored_model(model: Model, root: Path | None = None) -> StoredModel | None:
    """Return the model in the store, not checked for damage; None if it was never pulled whole."""
    directory = (root or store_directory()) / directory_name(model)
    record = _read_record(directory)
    return StoredModel(record, directory) if record is not None else None


def stored_models(root: Path | None = None) -> Iterator[StoredModel]:
    """Yield all models of the store, by name."""
    directory = root or store_directory()
    if not directory.is_dir():
        return
    for child in sorted(directory.iterdir()):
        if not child.name.startswith(".") and (record := _read_record(child)) is not None:
            yield StoredModel(record, child)


def find_size_damage(stored: StoredModel) -> str | None:
    """Name a file of a stored model that has a wrong size; None if all sizes are as recorded. Fast."""
    for file in stored.record.files:
        path = stored.directory / file.path
        bytes_found = path.stat().st_size if path.is_file() else 0
        if bytes_found != file.bytes:
            return f"{path} has {bytes_found:,} bytes instead of {file.bytes:,}"
    return None


def find_hash_damage(stored: StoredModel) -> str | None:
    """Do the same as `find_size_damage`, but read every byte: this takes seconds for each gigabyte."""
    if damage := find_size_damage(stored):
        return damage
    for file in stored.record.files:
        path = stored.directory / file.path
        if sha256_of_file(path) != file.sha256:
            return f"{path} does not have the SHA-256 that it was stored with"
    return None


def weight_source(stored: StoredModel) -> WeightSource:
    """Return the source that the loader reads for a stored model."""
    weights = [file.path for file in stored.record.files if file.path.endswith(".gguf")]
    hashes = tuple((stored.directory / file.path, file.sha256) for file in stored.record.files)
    if weights:
        return WeightSource(stored.record.name, stored.directory / weights[0], "gguf", hashes)
    return WeightSource(stored.record.name, stored.directory, "huggingface", hashes)


def local_weights(path: Path) -> WeightSource:
    """Return the weights of a path outside the store. Raises WeightsError that says what the path lacks."""
    path = path.absolute()
    if path.is_dir():
        return _local_directory(path)
    if path.is_file() and _magic(path) == b"GGUF":
        return WeightSource(path.stem, path, "gguf")
    raise WeightsError(
        f"{path} is not a GGUF file: a model is that, or a directory with config.json and *.safetensors"
    )


def directory_name(model: Model) -> str:
    """Return the name of a model's directory in the store: its name, made fit for every file system."""
    return model.name.replace("/", "--").replace(":", "+")


def write_record(record: Record, directory: Path) -> None:
    """Write the record beside the files that it describes."""
    text = json.dumps(asdict(record), indent=2, ensure_ascii=False)
    with open(directory / RECORD_NAME, "w", encoding="utf-8", opener=open_private) as file:
        file.write(text + "\n")


def _read_record(directory: Path) -> Record | None:
    try:
        fields = cast("dict[str, Any]", json.loads((directory / RECORD_NAME).read_text(encoding="utf-8")))
        files = tuple(StoredFile(**file) for file in fields.pop("files"))
        return Record(files=files, **fields)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}") from error


def _local_directory(directory: Path) -> WeightSource:
    for needed in ("config.json", "tokenizer.json"):
        if not (directory / needed).is_file():
            raise WeightsError(
                f"{directory} has no {needed}: a model directory needs it beside *.safetensors"
            )
    if any(directory.glob("*.safetensors")):
        return WeightSource(directory.name, directory, "huggingface")
    if any(directory.glob("*.bin")) or any(directory.glob("*.pt*")):
        raise WeightsError(
            f"{directory} has only pickled weights, which could run code when read: "
            "convert them to safetensors or GGUF"
        )
    raise WeightsError(f"{directory} has no *.safetensors: the weights are missing")


def _not_found(name_or_path: str, model: Model | None, path: Path | None) -> ModelNotFoundError:
    if path is not None:
        return ModelNotFoundError(f"no such model file or directory: {name_or_path}")
    if is_relative_path(name_or_path):
        return ModelNotFoundError(f"{name_or_path} is a relative path: give the whole path of the model")
    if model is not None:
        return ModelNotFoundError(
            f"the model {model.name} is not on this machine: `holesmith model pull {model.name}` brings it"
        )
    return unknown_model(name_or_path)


def unknown_model(name: str) -> ModelNotFoundError:
    """Return the error for a name that denotes nothing, with the similar names that may have been meant."""
    nearest = nearest_names(name)
    guess = f", did you mean {' or '.join(nearest)}?" if nearest else ":"
    return ModelNotFoundError(f"unknown model {name}{guess} `holesmith model list` shows the known ones")
