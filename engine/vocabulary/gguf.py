"""A vocabulary from a GGUF file's metadata: byte-level BPE ("gpt2") and SentencePiece BPE ("llama").

The file names the regular expression that splits a text before BPE. An unknown name is an error, because a
split that differs from the model's training quietly makes the model worse.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from holesmith.engine.errors import WeightsError
from holesmith.engine.files.gguf_file import GGUFFile
from holesmith.engine.vocabulary.special_tokens import end_ids, is_special
from holesmith.engine.vocabulary.vocabulary import VOCABULARY_ROWS_MAX, Pieces, Vocabulary
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED = 1, 2, 3, 4, 5

# Limits of the characters of one token, and of all tokens together.
_TOKEN_MAX = 1 << 10
_TOKENS_TOGETHER_MAX = 1 << 24

_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_WORD = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_QWEN2 = rf"{_CONTRACTION}|{_WORD}|\p{{N}}|{_REST}"
_LLAMA3 = rf"{_CONTRACTION}|{_WORD}|\p{{N}}{{1,3}}|{_REST}"
_SEED = rf"{_CONTRACTION}|{_WORD}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"
_DIGITS_THEN_GPT2 = (r"\p{N}", _GPT2)
_DEEPSEEK_CODER = (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+", r"\p{N}")

SPLITS: Mapping[str, Sequence[str]] = {
    "default": (_GPT2,),
    "gpt-2": (_GPT2,),
    "mellum": (_GPT2,),
    "qwen2": (_QWEN2,),
    "stablelm2": (_QWEN2,),
    "llama-bpe": (_LLAMA3,),
    "llama3": (_LLAMA3,),
    "llama-v3": (_LLAMA3,),
    "dbrx": (_LLAMA3,),
    "smaug-bpe": (_LLAMA3,),
    "seed-coder": (_SEED,),
    "starcoder": _DIGITS_THEN_GPT2,
    "refact": _DIGITS_THEN_GPT2,
    "smollm": _DIGITS_THEN_GPT2,
    "codeshell": _DIGITS_THEN_GPT2,
    "command-r": _DIGITS_THEN_GPT2,
    "deepseek-coder": _DEEPSEEK_CODER,
}
"""The expressions that split a text, applied one after another, for each name in ``tokenizer.ggml.pre``."""


def vocabulary_from_gguf(file: GGUFFile) -> Vocabulary:
    """Build the vocabulary. Raises WeightsError if the tokenizer's kind or splitting is unknown."""
    texts = file.strings("tokenizer.ggml.tokens")
    if not texts:
        raise WeightsError(f"{file.path} carries no vocabulary: take a complete GGUF file of the model")
    _check_texts(file, texts)
    types = _one_each(file, "token_type", texts, "iu")
    kinds = [_NORMAL] * len(texts) if types is None else [int(kind) for kind in types]
    special = _special(texts, kinds)
    added = [
        token_id
        for token_id, kind in enumerate(kinds)
        if kind == _USER_DEFINED and texts[token_id] not in special
    ]
    model = file.text("tokenizer.ggml.model")
    if model == "gpt2":
        tokenizer = _byte_level(file, texts)
        pieces = Pieces(texts, "byte_level", special, frozenset(added))
    elif model == "llama":
        scores = _one_each(file, "scores", texts, "f")
        ranks = list(range(len(texts))) if scores is None else [-score for score in scores]
        tokenizer = _sentencepiece(texts, kinds, ranks)
        dummy_space = file.metadata.get("tokenizer.ggml.add_space_prefix", True) is True
        pieces = Pieces(texts, "sentencepiece", special, dummy_space=dummy_space)
    else:
        raise WeightsError(f"{file.path} has a tokenizer of kind {model!r}; only BPE ones are supported")
    tokenizer.add_tokens([AddedToken(texts[token_id], normalized=False) for token_id in added])
    return Vocabulary(tokenizer, pieces, _begin_id(file, model), end_ids(special, _named_ends(file)))


def _check_texts(file: GGUFFile, texts: Sequence[str]) -> None:
    lengths = [len(text) for text in texts]
    if len(texts) > VOCABULARY_ROWS_MAX or max(lengths) > _TOKEN_MAX or sum(lengths) > _TOKENS_TOGETHER_MAX:
        raise WeightsError(f"{file.path} has more or longer tokens than any vocabulary: is it damaged?")


def _one_each(file: GGUFFile, name: str, texts: Sequence[str], kinds: str) -> list[float] | None:
    """Return an array of one number for each token, of a numpy kind; None if there is no array."""
    numbers = file.numbers(f"tokenizer.ggml.{name}")
    if numbers is None:
        return None
    if len(numbers) != len(texts) or numbers.dtype.kind not in kinds:
        raise WeightsError(f"{file.path} is damaged: its 'tokenizer.ggml.{name}' is not one number a token")
    return cast("list[float]", numbers.tolist())


def _special(texts: Sequence[str], kinds: Sequence[int]) -> dict[str, int]:
    return {
        text: token_id
        for token_id, (text, kind) in enumerate(zip(texts, kinds, strict=True))
        if kind in (_UNKNOWN, _CONTROL, _UNUSED) or (kind == _USER_DEFINED and is_special(text, marked=False))
    }


def _begin_id(file: GGUFFile, model: str) -> int | None:
    default = model == "llama" or file.text("tokenizer.ggml.pre") in ("llama-bpe", "llama3", "llama-v3")
    wanted = file.metadata.get("tokenizer.ggml.add_bos_token", default)
    return _named_id(file, "bos") if wanted is True else None


def _named_ends(file: GGUFFile) -> list[int | None]:
    return [_named_id(file, name) for name in ("eos", "eot", "eom")]


def _named_id(file: GGUFFile, name: str) -> int | None:
    """Return a special token's id; None if the file names none, or writes -1 for none."""
    token_id = file.integer(f"tokenizer.ggml.{name}_token_id")
    return None if token_id in (-1, (1 << 32) - 1) else token_id


def _byte_level(file: GGUFFile, texts: Sequence[str]) -> Tokenizer:
    name = file.text("tokenizer.ggml.pre") or "default"
    splits = SPLITS.get(name)
    if splits is None:
        raise WeightsError(
            f"{file.path} splits text as {name!r}, which is not known here; "
            "take the model as a directory with tokenizer.json and safetensors"
        )
    ids = {text: token_id for token_id, text in enumerate(texts)}
    merges = [_pair(merge) for merge in file.strings("tokenizer.ggml.merges")]
    if not all(left in ids and right in ids and left + right in ids for left, right in merges):
        raise WeightsError(f"{file.path} is damaged: it merges tokens that are not in its vocabulary")
    tokenizer = Tokenizer(models.BPE(ids, merges, ignore_merges=splits[0] == _LLAMA3))
    steps = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in splits]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
        [*steps, pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    return tokenizer


def _pair(merge: str) -> tuple[str, str]:
    left, _, right = merge.partition(" ")
    return left, right


def _sentencepiece(texts: Sequence[str], kinds: Sequence[int], ranks: Sequence[float]) -> Tokenizer:
    """Make a BPE whose merges follow SentencePiece's scores: the piece of lowest rank is merged first."""
    ids = {text: token_id for token_id, text in enumerate(texts)}
    found: list[tuple[float, int, int, tuple[str, str]]] = []
    for token_id, text in enumerate(texts):
        if kinds[token_id] != _NORMAL:
            continue
        for cut in range(1, len(text)):
            left, right = ids.get(text[:cut]), ids.get(text[cut:])
            if left is not None and right is not None:
                found.append((ranks[token_id], left, right, (text[:cut], text[cut:])))
    found.sort()
    merges = [pair for *_, pair in found]
    unknown = next((text for text, kind in zip(texts, kinds, strict=True) if kind == _UNKNOWN), None)
    tokenizer = Tokenizer(models.BPE(ids, merges, unk_token=unknown, fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    return tokenizer
