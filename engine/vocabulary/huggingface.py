"""A vocabulary from a directory in Hugging Face layout: tokenizer.json and the small files beside it.

Only JSON is read. The tokenizer is loaded without its special tokens and without its post-processor, so that
no input can become a special token and nothing is added to a text. Unicode normalisation is left out too: the
tokens of a text must have exactly its bytes, otherwise the user's text could not be found again in them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from holesmith.engine.errors import WeightsError
from holesmith.engine.files.model_folder import read_json
from holesmith.engine.vocabulary.special_tokens import end_ids, is_special
from holesmith.engine.vocabulary.tokenizer_stages import (
    harmless_model,
    harmless_normalizer,
    harmless_pre_tokenizer,
    parts_of,
)
from holesmith.engine.vocabulary.vocabulary import VOCABULARY_ROWS_MAX, Pieces, Vocabulary, panics_as_errors
from tokenizers import Tokenizer

_Json = dict[str, object]


def vocabulary_from_directory(directory: Path) -> Vocabulary:
    """Build the vocabulary. Raises WeightsError if tokenizer.json is missing, damaged or of another kind."""
    path = directory / "tokenizer.json"
    description = read_json(path)
    model = _object(description, "model")
    if model.get("type") != "BPE":
        kind = str(model.get("type"))[:80]
        raise WeightsError(f"{directory} has a tokenizer of kind {kind!r}; only BPE is supported")
    added = _added_tokens(path, description)
    special = {
        token.text: token.id for token in added if is_special(token.text, marked=token.is_marked_special)
    }
    plain = {token.id: token.text for token in added}
    parts = _parts(description, "normalizer", "pre_tokenizer", "decoder")
    byte_level = any(part.get("type") == "ByteLevel" for part in parts)
    ids = _token_ids(path, model)
    texts = _texts(ids, special, plain)
    pieces = Pieces(
        texts,
        "byte_level" if byte_level else "sentencepiece",
        special,
        frozenset(plain.keys() - special.values()) if byte_level else frozenset(),
        dummy_space=_adds_dummy_space(description),
    )
    return Vocabulary(
        _tokenizer(path, description, ids, special),
        pieces,
        _begin_id(directory, description, special),
        end_ids(special, _named_ends(directory, special)),
    )


@dataclass(frozen=True, slots=True)
class _AddedToken:
    text: str
    id: int
    is_marked_special: bool


def _added_tokens(path: Path, description: _Json) -> list[_AddedToken]:
    tokens: list[_AddedToken] = []
    for token in _list(description, "added_tokens"):
        text, token_id = token.get("content"), token.get("id")
        if not isinstance(text, str) or not _is_id(token_id):
            raise WeightsError(f"{path} is malformed: an added token has no text or no possible id")
        tokens.append(_AddedToken(text, cast("int", token_id), token.get("special") is True))
    return tokens


def _token_ids(path: Path, model: _Json) -> dict[str, int]:
    vocabulary = _object(model, "vocab")
    if not vocabulary or not all(map(_is_id, vocabulary.values())):
        raise WeightsError(f"{path} is malformed: its vocabulary is missing or has impossible ids")
    return cast("dict[str, int]", vocabulary)


def _is_id(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < VOCABULARY_ROWS_MAX


def _object(value: Mapping[str, object], key: str) -> _Json:
    found = value.get(key)
    return cast("_Json", found) if isinstance(found, dict) else {}


def _parts(description: Mapping[str, object], *stages: str) -> Iterator[Mapping[str, object]]:
    for stage in stages:
        yield from parts_of(description.get(stage))


def _list(step: Mapping[str, object], key: str) -> list[_Json]:
    """Return the objects of a list; empty if there is no list."""
    found = step.get(key)
    children = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("_Json", child) for child in children if isinstance(child, dict)]


def _texts(vocabulary: Mapping[str, int], special: Mapping[str, int], plain: Mapping[int, str]) -> list[str]:
    size = 1 + max([*vocabulary.values(), *special.values(), *plain], default=-1)
    texts = [""] * size
    for text, token_id in vocabulary.items():
        texts[token_id] = text
    for token_id, text in plain.items():
        texts[token_id] = text
    return texts


def _adds_dummy_space(description: Mapping[str, object]) -> bool:
    return any(
        part.get("type") == "Prepend"
        or (part.get("type") == "Metaspace" and part.get("prepend_scheme", "always") != "never")
        for part in _parts(description, "normalizer", "pre_tokenizer")
    )


def _tokenizer(
    path: Path, description: _Json, ids: Mapping[str, int], special: Mapping[str, int]
) -> Tokenizer:
    kept = [token for token in _list(description, "added_tokens") if token["content"] not in special]
    added = {str(token["content"]): cast("int", token["id"]) for token in kept}
    try:
        stripped: _Json = {
            "version": description.get("version"),
            "added_tokens": kept,
            "normalizer": harmless_normalizer(description.get("normalizer")),
            "pre_tokenizer": harmless_pre_tokenizer(description.get("pre_tokenizer")),
            "model": harmless_model(_object(description, "model"), ids, added),
        }
        with panics_as_errors():
            return Tokenizer.from_str(json.dumps(stripped))
    except Exception as error:  # the library raises bare Exception for every malformed field
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"{path} is malformed: {reason}") from error


def _begin_id(directory: Path, description: Mapping[str, object], special: Mapping[str, int]) -> int | None:
    """Return the begin token, if this tokenizer puts one before every text; else None."""
    settings = directory / "tokenizer_config.json"
    configuration = read_json(settings) if settings.exists() else {}
    begin = special.get(_token_text(configuration.get("bos_token")))
    wanted = configuration.get("add_bos_token")
    if isinstance(wanted, bool):
        return begin if wanted else None
    first_in_template = f'"SpecialToken": {{"id": {json.dumps(_token_text(configuration.get("bos_token")))}'
    return begin if first_in_template in json.dumps(description.get("post_processor")) else None


def _token_text(value: object) -> str:
    """Return a token's text in tokenizer_config.json: a string, or an object with it as ``content``."""
    if isinstance(value, dict):
        return str(cast("_Json", value).get("content", ""))
    return value if isinstance(value, str) else ""


def _named_ends(directory: Path, special: Mapping[str, int]) -> Iterator[int | None]:
    for name in ("config.json", "generation_config.json"):
        path = directory / name
        value = read_json(path).get("eos_token_id") if path.exists() else None
        for token_id in cast("list[object]", value) if isinstance(value, list) else [value]:
            yield token_id if isinstance(token_id, int) and token_id >= 0 else None
    settings = directory / "tokenizer_config.json"
    if settings.exists():
        yield special.get(_token_text(read_json(settings).get("eos_token")))
