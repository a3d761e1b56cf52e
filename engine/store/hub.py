"""Fetches the files of a model hub repository, by the hub's own library, at one fixed commit.

Invariants: only configuration, tokenizer, safetensors and GGUF files are fetched, never pickles or code;
every file is checked against the hash that the hub states for it, and against the pinned one if any.
"""

import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO, cast

from holesmith.engine.errors import DownloadError
from holesmith.engine.files.file_hash import git_blob_hash_of_file, sha256_of_file
from holesmith.engine.files.model_folder import JSON_BYTES_MAX
from holesmith.engine.store.catalogue import HubRepository, Model, PinnedFile
from holesmith.engine.store.staging import SourceError, Staging, require_space
from holesmith.engine.store.store import Record, StoredFile
from holesmith.system.private_files import open_private
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,  # pyright: ignore[reportPrivateImportUsage]: the root of whichever HTTP client it uses
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import build_hf_headers

_METADATA_TIMEOUT_S = 20.0
_CONFIGURATION = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)
# Names of weight files that could run code; they are recognised for the error message only.
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
# A greater size than this is taken for a wrong statement.
_WEIGHTS_BYTES_MAX = 1 << 42
_COMMIT_NAME = ".commit"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of the repository. The hub states exactly one of the two hashes."""

    path: str
    bytes: int
    sha256: str | None
    git_blob: str | None


def fetch_from_hub(model: Model, staging: Staging, endpoint: str | None) -> Record:
    """Complete the model's files in the staging directory. Raises SourceError or DownloadError."""
    hub = model.hub
    with _plain_hub_errors(hub):
        api = HfApi(endpoint=endpoint, library_name="holesmith")
        info = api.model_info(hub.id, revision=hub.revision, files_metadata=True, timeout=_METADATA_TIMEOUT_S)
        commit = info.sha
        if commit is None or info.siblings is None:
            raise SourceError(f"it lists no files for {hub.id}")
        files = [_stated(sibling) for sibling in _chosen(hub, info.siblings)]
        _check_pinned(files, model.pinned)
        if model.pinned is None:
            _discard_other_commit(staging.directory, commit)
        _fetch_all(hub, files, commit, staging, endpoint)
    (staging.directory / _COMMIT_NAME).unlink(missing_ok=True)
    licence = model.licence or _licence(info.card_data)
    stored = tuple(StoredFile(file.path, file.bytes, _sha256(file, staging.directory)) for file in files)
    return Record(model.name, licence, f"model hub, {hub.id}", commit, stored)


def _chosen(hub: HubRepository, siblings: Sequence[RepoSibling]) -> list[RepoSibling]:
    """Return the files of a repository that make up the requested model."""
    if hub.file is not None:
        found = [sibling for sibling in siblings if sibling.rfilename == hub.file]
        if not found:
            raise SourceError(f"{hub.id} has no file {hub.file}{_ggufs_in_words(siblings)}")
        return found
    top = [sibling for sibling in siblings if "/" not in sibling.rfilename]
    if weights := _safetensors(top):
        return weights + [sibling for sibling in top if sibling.rfilename in _CONFIGURATION]
    ggufs = [sibling for sibling in siblings if sibling.rfilename.endswith(".gguf")]
    if len(ggufs) == 1:
        return ggufs
    if ggufs:
        raise SourceError(f"name one GGUF file as {hub.id}:FILE{_ggufs_in_words(siblings)}")
    if any(fnmatchcase(sibling.rfilename, pattern) for sibling in siblings for pattern in _PICKLES):
        raise SourceError(f"{hub.id} has only pickled weights, which could run code and are never read")
    raise SourceError(f"{hub.id} has neither safetensors nor GGUF files")


def _safetensors(siblings: Sequence[RepoSibling]) -> list[RepoSibling]:
    """Return the weights in the layout of transformers, without the second copy of some repositories."""
    everything = [sibling for sibling in siblings if fnmatchcase(sibling.rfilename, "*.safetensors")]
    named_model = [sibling for sibling in everything if sibling.rfilename.startswith("model")]
    chosen = named_model or everything
    index = [sibling for sibling in siblings if sibling.rfilename == "model.safetensors.index.json"]
    return chosen + index if chosen else []


def _ggufs_in_words(siblings: Sequence[RepoSibling]) -> str:
    names = sorted(sibling.rfilename for sibling in siblings if sibling.rfilename.endswith(".gguf"))
    return f" (it has {', '.join(names[:8])}{', …' if len(names) > 8 else ''})" if names else ""


def _stated(sibling: RepoSibling) -> HubFile:
    path = sibling.rfilename
    if path.startswith("/") or ".." in Path(path).parts or "\\" in path:
        raise SourceError(f"it names a file outside the repository: {path}")
    sha256 = sibling.lfs.sha256 if sibling.lfs is not None else None
    if sibling.size is not None and not 0 <= sibling.size <= _largest(path):
        raise SourceError(f"it states an impossible size for {path}")
    if sibling.size is None or (sha256 is None and sibling.blob_id is None):
        raise SourceError(f"it states no size and hash for {path}")
    return HubFile(path, sibling.size, sha256, None if sha256 else sibling.blob_id)


def _largest(path: str) -> int:
    return _WEIGHTS_BYTES_MAX if path.endswith((".safetensors", ".gguf")) else JSON_BYTES_MAX


def _check_pinned(files: Sequence[HubFile], pinned: PinnedFile | None) -> None:
    if pinned is not None and files[0].sha256 != pinned.sha256:
        raise SourceError(f"its {files[0].path} does not have the pinned SHA-256; it was not fetched")


def _discard_other_commit(directory: Path, commit: str) -> None:
    """Discard the files of an earlier pull unless they are of the same commit."""
    stamp = directory / _COMMIT_NAME
    fetched_commit = stamp.read_text(encoding="utf-8") if stamp.is_file() else None
    if fetched_commit != commit:
        shutil.rmtree(directory)
        directory.mkdir(mode=0o700)
        stamp.write_text(commit, encoding="utf-8")


def _fetch_all(
    hub: HubRepository, files: Sequence[HubFile], commit: str, staging: Staging, endpoint: str | None
) -> None:
    bytes_total = sum(file.bytes for file in files)
    present = [_bytes_present(staging.directory / file.path) for file in files]
    require_space(staging.root, bytes_total - sum(present))
    bytes_done = 0
    for file in files:
        url = hf_hub_url(hub.id, file.path, revision=commit, endpoint=endpoint)

        def report(count: int, before: int = bytes_done) -> None:
            staging.progress(before + count, bytes_total)

        _fetch_file(url, file, staging.directory, report)
        bytes_done += file.bytes


def _fetch_file(url: str, file: HubFile, directory: Path, report: Callable[[int], None]) -> None:
    path = directory / file.path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = _bytes_present(path)
    if present > file.bytes:  # the rest of a file that had this name in another state of the repository
        path.unlink()
        present = 0
    report(present)
    with open(path, "r+b" if present else "wb", opener=open_private) as output:  # pathlib takes no opener
        output.seek(present)
        http_get(
            url,
            cast("BinaryIO", _Bounded(output, file)),
            resume_size=present,
            headers=build_hf_headers(library_name="holesmith"),
            expected_size=file.bytes,
            tqdm_class=_byte_counter(present, report),
        )
    if not _is_as_stated(path, file):
        path.unlink()
        raise SourceError(f"{file.path} arrived without the hash that the hub states for it; it was removed")


class _Bounded:
    """An output file for the hub's library that takes no more than the size that the hub stated."""

    def __init__(self, output: BinaryIO, file: HubFile) -> None:
        self._output = output
        self._file = file

    def write(self, data: bytes) -> int:
        if self._output.tell() + len(data) > self._file.bytes:
            raise SourceError(
                f"it sends more of {self._file.path} than the {self._file.bytes:,} bytes it states"
            )
        return self._output.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._output, name)


def _byte_counter(bytes_present: int, report: Callable[[int], None]) -> Any:
    """Return a class with the part of tqdm's interface that the hub's library uses.

    It reports and shows nothing.
    """

    class ByteCounter:
        def __init__(self, **_options: object) -> None:
            self._count = bytes_present

        def update(self, count: int) -> None:
            self._count += count
            report(self._count)

        def __enter__(self) -> "ByteCounter":
            return self

        def __exit__(self, *_error: object) -> None: ...

    return ByteCounter


def _bytes_present(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_as_stated(path: Path, file: HubFile) -> bool:
    if file.sha256 is not None:
        return sha256_of_file(path) == file.sha256
    return git_blob_hash_of_file(path) == file.git_blob


def _sha256(file: HubFile, directory: Path) -> str:
    return file.sha256 or sha256_of_file(directory / file.path)


def _licence(card: Any) -> str | None:
    return str(card.license) if card is not None and getattr(card, "license", None) else None


@contextmanager
def _plain_hub_errors(hub: HubRepository) -> Generator[None]:
    """Turn an error of the hub's library into a SourceError whose message is a clause."""
    try:
        yield
    except DownloadError:
        raise
    except (HTTPError, OfflineModeIsEnabled) as error:
        raise SourceError(_refusal(hub, error)) from error
    except OSError as error:
        if error.errno is None:  # the library raises this if fewer bytes came than were promised
            raise SourceError("the transfer broke off") from error
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"its answer for {hub.id} is not one of a model hub") from error


def _refusal(hub: HubRepository, error: Exception) -> str:
    match error:  # the special classes before the general ones
        case GatedRepoError():
            return f"{hub.id} is gated: accept its licence on its page, then log in with `hf auth login`"
        case RepositoryNotFoundError():
            return f"it has no repository {hub.id}, or a private one: `hf auth login`"
        case RevisionNotFoundError():
            return f"{hub.id} has no revision {hub.revision}"
        case OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE is set"
        case HfHubHTTPError():
            return f"it answered {error.response.status_code}"
        case _:
            return "no connection"
