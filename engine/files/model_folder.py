"""Safe reading of a directory in Hugging Face layout: only files of its own, and weights in safetensors.

Such a directory comes from the author of the model. It must not make us read other files of the user's, wait
for a pipe, or open a pickle, which could run code.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from holesmith.engine.errors import WeightsError
from holesmith.engine.files.open_file import OpenFile

JSON_BYTES_MAX = 64 << 20
"""Size limit of a JSON file. The largest known tokenizer.json has 35 MB."""

_READ_BY_LIBRARIES = ("*.json", "*.txt", "*.model", "*.tiktoken")


def safetensors_files(directory: Path) -> list[Path]:
    """Return the weight files of a directory.

    Raises WeightsError if none of them is safe to read, or if the directory names or links to an unsafe file.
    """
    files = sorted(directory.glob("*.safetensors"))
    if files:
        for file in files:
            require_own_file(directory, file)
        for index in sorted(directory.glob("*.index.json")):
            _check_index(directory, index)
        return files
    if any(directory.glob("*.bin")) or any(directory.glob("*.pt*")):
        raise WeightsError(
            f"{directory} has only pickled weights, which could run code: convert them to safetensors or GGUF"
        )
    raise WeightsError(f"{directory} has no *.safetensors: the weights are missing")


def require_own_files(directory: Path) -> None:
    """Check, as `require_own_file` does, every small file of the directory that a library may read."""
    for pattern in _READ_BY_LIBRARIES:
        for file in sorted(directory.glob(pattern)):
            require_own_file(directory, file)


def require_own_file(directory: Path, file: Path) -> None:
    """Raise WeightsError unless a file is a regular one inside the directory, with links resolved.

    The cache of the model hub's library keeps the files of all revisions in one folder and links to them.
    """
    try:
        place, own = file.resolve(strict=True).parent, directory.resolve(strict=True)
    except OSError as error:
        raise WeightsError(f"cannot read {file}: {error.strerror}") from error
    blobs = own.parent.parent / "blobs" if own.parent.name == "snapshots" else own
    if not file.is_file() or (place != own and (place != blobs or blobs.is_symlink())):
        raise WeightsError(f"{file} is no regular file of {directory} itself: nothing else is read")


def read_json(path: Path) -> dict[str, object]:
    """Read a JSON object. Raises WeightsError if the file is missing, too large or holds anything else."""
    require_own_file(path.parent, path)
    file = OpenFile(path)
    if file.size > JSON_BYTES_MAX:
        raise WeightsError(f"{path} has more than {JSON_BYTES_MAX >> 20} MB: is it damaged?")
    try:
        found = json.loads(file.read(0, file.size).tobytes())
    except ValueError as error:
        raise WeightsError(f"cannot read {path}: {error}") from error
    except RecursionError:  # the library's error for brackets that are nested too deep
        raise WeightsError(f"cannot read {path}: it is nested too deep") from None
    if not isinstance(found, dict):
        raise WeightsError(f"{path} does not hold a JSON object")
    return cast("dict[str, object]", found)


def _check_index(directory: Path, index: Path) -> None:
    """Raise WeightsError if the index names weights other than safetensors of this directory."""
    names = read_json(index).get("weight_map")
    for name in cast("Mapping[str, object]", names).values() if isinstance(names, dict) else ():
        if not isinstance(name, str) or not name.endswith(".safetensors") or _leads_away(name):
            raise WeightsError(f"{index} names {str(name)[:80]!r}, which is no *.safetensors beside it")
        require_own_file(directory, directory / name)


def _leads_away(name: str) -> bool:
    return "/" in name or "\\" in name or "\0" in name or ":" in name
