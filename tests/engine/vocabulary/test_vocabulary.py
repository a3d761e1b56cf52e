"""Vocabularies out of tokenizer.json and GGUF: right ids, right bytes, no way to a special token."""

import json
from pathlib import Path

import pytest
from gguf import GGUFWriter, TokenType
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.vocabulary.gguf import SPLITS, vocabulary_from_gguf
from holesmith.engine.vocabulary.huggingface import vocabulary_from_directory
from holesmith.engine.vocabulary.vocabulary import Vocabulary
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

# fmt: off
REAL_IDS = [
    750, 15229, 1193, 11, 264, 28, 16, 17, 18, 19, 20, 982, 262, 671, 366, 760, 69, 318, 62580, 91,
    29, 305, 18503, 385, 6567, 120, 95, 18600, 11162, 236, 231, 271, 853, 656, 1993, 220, 508, 16, 6114,
]
# fmt: on
SPECIAL = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]
CORPUS = [Path(__file__).read_text(), "naïve 漢字 🎉 \r\n\t 12345 self.value = None  # <|fim_middle|>"] * 3
PARTS = [*SPECIAL, " ", "\n\n", "é", "🎉", "self", ".x", "▁", "<s>", "12"]
TEXTS = st.lists(st.sampled_from(PARTS)).map("".join)


def byte_level(splits: tuple[str, ...]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    steps: list[pre_tokenizers.PreTokenizer] = [
        pre_tokenizers.Split(Regex(split), "isolated") for split in splits
    ]
    steps.append(pre_tokenizers.ByteLevel(False, use_regex=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=700, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(SPECIAL[:1])
    tokenizer.add_tokens([AddedToken(text, special=False) for text in SPECIAL[1:]])
    return tokenizer


def sentencepiece() -> Tokenizer:
    """As Llama's: a dummy space before every text, spaces as ▁, bytes for what has no piece."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=special, show_progress=False, limit_alphabet=90
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def saved(tokenizer: Tokenizer, directory: Path, **settings: object) -> Vocabulary:
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))
    return vocabulary_from_directory(directory)


def piece_kinds(tokenizer: Tokenizer, texts: list[str]) -> list[TokenType]:
    added = {token["content"] for token in json.loads(tokenizer.to_str())["added_tokens"]}
    marked = [TokenType.CONTROL if text in added else TokenType.NORMAL for text in texts]
    return [
        TokenType.BYTE if text.startswith("<0x") else kind for text, kind in zip(texts, marked, strict=True)
    ]


def as_gguf(tokenizer: Tokenizer, path: Path, model: str, pre: str) -> Vocabulary:
    ids = tokenizer.get_vocab()
    texts = sorted(ids, key=lambda text: ids[text])
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(texts)
    writer.add_token_types(piece_kinds(tokenizer, texts))
    if model == "gpt2":
        writer.add_token_merges(
            [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
        )
    else:
        writer.add_token_scores([-float(token_id) for token_id in range(len(texts))])
    writer.add_eos_token_id(ids["</s>" if model == "llama" else "<|endoftext|>"])
    writer.add_bos_token_id(ids["<s>" if model == "llama" else "<|endoftext|>"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return vocabulary_from_gguf(read_gguf(path))


LAYOUTS = ["json byte-level", "gguf byte-level", "json sentencepiece", "gguf sentencepiece"]


@pytest.fixture(scope="module", params=LAYOUTS)
def vocabulary(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    directory = tmp_path_factory.mktemp("vocabulary")
    layout, kind = str(request.param).split()
    tokenizer = byte_level(tuple(SPLITS["qwen2"])) if kind == "byte-level" else sentencepiece()
    if layout == "json":
        return saved(tokenizer, directory)
    model = "gpt2" if kind == "byte-level" else "llama"
    return as_gguf(tokenizer, directory / "v.gguf", model, "qwen2")


@settings(deadline=None)
@given(text=TEXTS)
def test_text_is_its_bytes_and_never_special(vocabulary: Vocabulary, text: str) -> None:
    ids = vocabulary.encode(text)
    assert b"".join(map(vocabulary.token_bytes, ids)) == text.encode()
    assert vocabulary.decode(ids) == text
    assert vocabulary.special_ids.isdisjoint(ids)


@pytest.mark.parametrize("pre", sorted(SPLITS))
def test_gguf_gives_the_ids_of_the_tokenizer_it_was_made_from(pre: str, tmp_path: Path) -> None:
    tokenizer = byte_level(tuple(SPLITS[pre]))
    vocabulary = as_gguf(tokenizer, tmp_path / "v.gguf", "gpt2", pre)
    for text in [*CORPUS[:2], "x=1234567\n\n\t\tfoo_bar.baz()", "  'tis  don't"]:
        assert vocabulary.encode(text.replace("<|", "< |")) == tokenizer.encode(text.replace("<|", "< |")).ids
    for text in SPECIAL:
        assert vocabulary.special_id(text) == tokenizer.token_to_id(text)
    assert vocabulary.special_id("self") is None
    assert vocabulary.end_ids == {tokenizer.token_to_id("<|endoftext|>")}


def test_sentencepiece_scores_give_the_merges(tmp_path: Path) -> None:
    tokenizer = sentencepiece()
    vocabulary = as_gguf(tokenizer, tmp_path / "v.gguf", "llama", "default")
    for text in [CORPUS[0].replace("<", "< ").replace("▁", "_"), "x = 漢字"]:
        expected = tokenizer.encode(text, add_special_tokens=False).ids
        assert vocabulary.encode(text, dummy_space=True) == expected
    assert vocabulary.encode("x = 1") == tokenizer.encode("x = 1").ids[-len(vocabulary.encode("x = 1")) :]
    assert vocabulary.begin_id == tokenizer.token_to_id("<s>")
    assert vocabulary.decode(vocabulary.encode("x", dummy_space=True)) == " x"


def test_begin_and_end_come_from_the_settings(tmp_path: Path) -> None:
    tokenizer = byte_level(tuple(SPLITS["qwen2"]))
    settings = {"bos_token": "<|fim_prefix|>", "eos_token": {"content": "<|fim_middle|>"}}
    vocabulary = saved(tokenizer, tmp_path, **settings, add_bos_token=True)
    assert vocabulary.begin_id == tokenizer.token_to_id("<|fim_prefix|>")
    assert vocabulary.end_ids == {tokenizer.token_to_id(text) for text in ("<|endoftext|>", "<|fim_middle|>")}
    assert saved(tokenizer, tmp_path, **settings, add_bos_token=False).begin_id is None


def test_invalid_utf8_is_replaced_and_special_tokens_are_skipped(vocabulary: Vocabulary) -> None:
    half = vocabulary.encode("🎉")[:1]
    assert "\ufffd" in vocabulary.decode(half) or vocabulary.decode(half) == "🎉"
    assert vocabulary.decode(sorted(vocabulary.special_ids)) == ""
    assert vocabulary.token_bytes(vocabulary.size + 5) == b""


def test_damaged_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot read"):
        vocabulary_from_directory(tmp_path)
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "Unigram"}}')
    with pytest.raises(WeightsError, match="only BPE"):
        vocabulary_from_directory(tmp_path)
    (tmp_path / "tokenizer.json").write_text(
        '{"model": {"type": "BPE", "vocab": {"a": 0}}, "added_tokens": []}'
    )
    with pytest.raises(WeightsError, match="malformed"):
        vocabulary_from_directory(tmp_path)
    with pytest.raises(WeightsError, match="'strange'"):
        as_gguf(byte_level(tuple(SPLITS["qwen2"])), tmp_path / "v.gguf", "gpt2", "strange")


@pytest.mark.slow
def test_real_vocabulary(real_model_path: WeightSource) -> None:
    """Ids by transformers' own tokenizer of the same file (AutoTokenizer.from_pretrained(gguf_file=…))."""
    vocabulary = vocabulary_from_gguf(read_gguf(real_model_path.path))
    text = "def foo(self, a=12345):\n    # < |fim_middle|> héllo 漢字 🎉\n\n\treturn self.x  [1]\r\n"
    assert vocabulary.encode(text) == REAL_IDS
    assert vocabulary.special_id("<|fim_middle|>") == 151660
