"""A tokenizer.json of whoever made the model: what real families have is taken, all else is one line."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from holesmith.engine.errors import WeightsError
from holesmith.engine.vocabulary.huggingface import vocabulary_from_directory
from holesmith.engine.vocabulary.vocabulary import BYTE_OF_CHARACTER, Vocabulary

Json = Mapping[str, object]

BYTES = {character: order for order, character in enumerate(BYTE_OF_CHARACTER)}
BYTE_PIECES = {f"<0x{byte:02X}>": byte for byte in range(256)}
MODEL: Json = {
    "type": "BPE",
    "vocab": {**BYTES, "if": 256, "Ġif": 257},
    "merges": ["i f", "Ġ if"],
}
PIECES: Json = {
    "type": "BPE",
    "vocab": {"<unk>": 256, **BYTE_PIECES, "▁": 257, "i": 258, "f": 259, "if": 260, "▁if": 261},
    "merges": [["i", "f"], ["▁", "if"]],
    "unk_token": "<unk>",
    "fuse_unk": True,
    "byte_fallback": True,
}
BYTE_LEVEL: Json = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
DIGITS: Json = {"type": "Digits", "individual_digits": True}
TEXT = " if x == 漢12\r\n\n\tif é"


def split(pattern: str, behavior: str = "Isolated") -> Json:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": False}


def steps(key: str, *children: Json) -> Json:
    return {"type": "Sequence", key: list(children)}


SPACES: Json = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
PREPEND: Json = {"type": "Prepend", "prepend": "▁"}
WITHOUT_REGEX: Json = {**BYTE_LEVEL, "use_regex": False}
SPLIT_BY_SPACES: Json = {
    "type": "Split",
    "pattern": {"String": " "},
    "behavior": "MergedWithPrevious",
    "invert": False,
}
METASPACE: Json = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}

FAMILIES: Mapping[str, tuple[Json, Json | None, Json | None]] = {
    "Qwen": (MODEL, {"type": "NFC"}, steps("pretokenizers", split(r" ?\p{L}+|\p{N}|\s+"), WITHOUT_REGEX)),
    "Llama 3": (
        {**MODEL, "ignore_merges": True, "dropout": None, "continuing_subword_prefix": None},
        None,
        steps("pretokenizers", split(r" ?\p{L}+|\p{N}{1,3}|\s+"), WITHOUT_REGEX),
    ),
    "StarCoder2, SmolLM and Granite": (MODEL, None, steps("pretokenizers", DIGITS, BYTE_LEVEL)),
    "DeepSeek": (
        MODEL,
        steps("normalizers"),
        steps("pretokenizers", split(r"[\r\n]"), split(r"\s?\p{P}+"), DIGITS, WITHOUT_REGEX),
    ),
    "CodeT5+": ({**MODEL, "continuing_subword_prefix": "", "end_of_word_suffix": ""}, None, BYTE_LEVEL),
    "CodeLlama": (PIECES, steps("normalizers", PREPEND, SPACES), None),
    "Codestral": (PIECES, None, METASPACE),
    "Gemma": (PIECES, SPACES, SPLIT_BY_SPACES),
}


def load(
    folder: Path, model: Json, normalizer: Json | None, pre_tokenizer: Json | None, *added: tuple[str, int]
) -> Vocabulary:
    description = {
        "version": "1.0",
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "decoder": BYTE_LEVEL if model is MODEL else None,
        "post_processor": None,
        "model": model,
        "added_tokens": [
            {
                "id": token_id,
                "content": text,
                "special": False,
                **dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False),
            }
            for text, token_id in added
        ],
    }
    (folder / "tokenizer.json").write_text(json.dumps(description))
    return vocabulary_from_directory(folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_real_families_have_is_taken(tmp_path: Path, family: str) -> None:
    vocabulary = load(tmp_path, *FAMILIES[family])
    ids = vocabulary.encode(TEXT)
    assert b"".join(map(vocabulary.token_bytes, ids)) == TEXT.encode()
    assert b" if" in map(vocabulary.token_bytes, ids)


REPEAT: Json = {"type": "Replace", "pattern": {"String": "x"}, "content": "x" * 1000}
NORMALIZERS: Mapping[str, Json] = {
    "that lets a text grow": steps("normalizers", REPEAT, REPEAT, REPEAT, REPEAT),
    "with an expression": {"type": "Replace", "pattern": {"Regex": "(x+x+)+y"}, "content": "▁"},
    "with a damaged table": {"type": "Precompiled", "precompiled_charsmap": "AAAA"},
    "that changes letters": {"type": "Lowercase"},
    "that is unknown": {"type": "Surprise"},
    "of many steps": steps("normalizers", *[SPACES] * 1000),
}


@pytest.mark.parametrize("kind", NORMALIZERS)
def test_a_normalizer(tmp_path: Path, kind: str) -> None:
    refused(tmp_path, MODEL, NORMALIZERS[kind], BYTE_LEVEL)


@pytest.mark.parametrize("kind", ["Whitespace", "CharDelimiterSplit", "BertPreTokenizer", "Surprise"])
def test_a_pre_tokenizer_that_loses_text_or_is_unknown(tmp_path: Path, kind: str) -> None:
    refused(tmp_path, MODEL, None, steps("pretokenizers", steps("pretokenizers", {"type": kind}), BYTE_LEVEL))


MODELS: Mapping[str, Json] = {
    "a prefix": {**MODEL, "continuing_subword_prefix": "#", "vocab": {"a": 0, "é": 1}, "merges": ["a é"]},
    "a suffix": {**MODEL, "end_of_word_suffix": "</w>"},
    "a merge to a token that is missing": {**MODEL, "merges": [["i", "x"]]},
    "a merge of a token that is missing": {**MODEL, "merges": [["i", "ff"]]},
    "a merge of three": {**MODEL, "merges": ["i f f"]},
    "merges of numbers": {**MODEL, "merges": [[1, 2]]},
    "no merges": {**MODEL, "merges": None},
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_with(tmp_path: Path, kind: str) -> None:
    refused(tmp_path, MODELS[kind], None, BYTE_LEVEL)


def test_a_token_with_two_ids(tmp_path: Path) -> None:
    refused(tmp_path, MODEL, None, BYTE_LEVEL, ("if", 300))


def test_an_added_token_has_the_id_that_the_file_says(tmp_path: Path) -> None:
    vocabulary = load(tmp_path, MODEL, None, BYTE_LEVEL, ("second word", 259), ("first word", 258))
    assert vocabulary.encode("second word") == [259]
    assert vocabulary.encode("first word") == [258]
    assert vocabulary.size == 260


def test_a_missing_unknown_token_ends_no_request(tmp_path: Path) -> None:
    vocabulary = load(
        tmp_path, {**MODEL, "unk_token": "<nothing>", "vocab": {"a": 0}, "merges": []}, None, BYTE_LEVEL
    )
    assert vocabulary.encode("ab") == [0]


def refused(
    folder: Path, model: Json, normalizer: Json | None, pre_tokenizer: Json | None, *added: tuple[str, int]
) -> None:
    with pytest.raises(WeightsError, match=r"tokenizer\.json is malformed: ") as caught:
        load(folder, model, normalizer, pre_tokenizer, *added)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 400
