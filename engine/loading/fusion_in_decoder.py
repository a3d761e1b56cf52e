"""Fusion-in-Decoder over a T5-type model: RepoFusion's own architecture, with transformers' T5 inside.

Every passage is encoded alone; the decoder attends to all of them at once. With one passage it is plain T5.
Sources: Izacard and Grave 2021; RepoFusion, where the passages are contexts of one hole.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.model_folder import read_json
from holesmith.engine.loading.load import choose_device
from holesmith.engine.model.library_input import harmless, offline, read_tensors
from holesmith.engine.store.store import explicit_path, find
from torch import Tensor

PASSAGES_AT_ONCE = 8
"""Passages that go through the encoder together; the number limits its memory."""
_TIED = frozenset(("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"))


class FusionInDecoder:
    """A loaded model with its tokenizer. Greedy, one question at a time."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Wrap transformers' T5 for conditional generation and its tokenizer.

        Their types don't fit, so it is Any.
        """
        self._model = model
        self._tokenizer = tokenizer

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``, without begin or end."""
        return cast("list[int]", self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def decode(self, token_ids: Sequence[int]) -> str:
        """Return the text of ids, without special tokens."""
        return str(self._tokenizer.decode(list(token_ids), skip_special_tokens=True))

    def complete(self, passages: Sequence[str], passage_tokens: int, tokens_max: int) -> str:
        """Return the decoder's text for all ``passages``; of a passage that is too long only the end is read.

        No passages count as one empty passage.
        """
        ids = [self._passage_ids(text, passage_tokens) for text in passages or ("",)]
        return self.decode(self.generate(ids, tokens_max))

    def _passage_ids(self, text: str, tokens_max: int) -> list[int]:
        """Return the end of the text that fits, between the tokenizer's own begin and end."""
        bare = self.encode(text)
        whole = cast("list[int]", self._tokenizer(text)["input_ids"])
        special = len(whole) - len(bare)
        start = next((at for at in range(special + 1) if whole[at : at + len(bare)] == bare), 0)
        kept = bare[max(0, len(bare) - max(0, tokens_max - special)) :]
        return [*whole[:start], *kept, *whole[start + len(bare) :]]

    @torch.inference_mode()
    def generate(self, passages: Sequence[Sequence[int]], tokens_max: int) -> list[int]:
        """Return at most ``tokens_max`` ids behind the decoder's start, chosen greedily, with the end id."""
        from transformers.modeling_outputs import BaseModelOutput

        ids, mask = self._padded(passages)  # [passages, length], both
        parts = zip(ids.split(PASSAGES_AT_ONCE), mask.split(PASSAGES_AT_ONCE), strict=True)
        encoded = [
            self._model.encoder(input_ids=some, attention_mask=their_mask).last_hidden_state
            for some, their_mask in parts
        ]
        states = torch.cat(encoded)  # [passages, length, width]
        generated = self._model.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=states.flatten(0, 1)[None]),
            attention_mask=mask.flatten()[None],  # [1, passages * length]
            max_new_tokens=tokens_max,
            do_sample=False,
            num_beams=1,
        )
        return cast("list[int]", cast("Tensor", generated)[0, 1:].tolist())

    def _padded(self, passages: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Return ids and mask.  # both [passages, length] int64"""
        length = max(1, *(len(passage) for passage in passages))
        padding = self._model.config.pad_token_id or 0
        ids = torch.full((len(passages), length), padding, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for row, passage in enumerate(passages):
            ids[row, : len(passage)] = torch.tensor(passage, dtype=torch.int64)
            mask[row, : len(passage)] = 1
        return ids.to(self._model.device), mask.to(self._model.device)


def load_fusion_in_decoder(name_or_path: str, device: str = "auto") -> FusionInDecoder:
    """Load a model of the store, or a directory in Hugging Face layout: config.json, tokenizer, safetensors.

    Accepts plain T5 weights, and those of a wrapped encoder as Fusion-in-Decoder's own code saves them.
    Raises WeightsError for anything else; pickled weights are never read.
    """
    directory = _directory(name_or_path)
    configuration = read_json(directory / "config.json")
    if configuration.get("model_type") != "t5":
        raise WeightsError(f"{directory}: not a T5-type model, which Fusion-in-Decoder needs")
    model = _model(directory, harmless(directory, configuration), unwrapped(read_tensors(directory)))
    tokenizer = _tokenizer(directory, model.config.vocab_size)
    chosen = choose_device(device)
    return FusionInDecoder(cast("torch.nn.Module", model).to(chosen).eval(), tokenizer)


def _directory(name_or_path: str) -> Path:
    path = explicit_path(name_or_path, relative_paths=False)
    if path is not None and path.is_dir():  # such models often lack the tokenizer.json that the store demands
        return path
    source = find(name_or_path)
    if source.layout != "huggingface":
        raise WeightsError(f"{source.name}: Fusion-in-Decoder needs a directory in Hugging Face layout")
    return source.path


def _model(directory: Path, configuration: Mapping[str, object], tensors: Mapping[str, Tensor]) -> Any:
    """Make a T5 with these weights, whose shapes are checked before memory is taken."""
    from transformers import T5Config, T5ForConditionalGeneration

    try:
        config = T5Config(**cast("dict[str, Any]", configuration))
        with torch.device("meta"):
            expected = cast("Any", T5ForConditionalGeneration(config)).state_dict()
    except Exception as error:  # a library raises many kinds of error for numbers that do not fit together
        reason = " ".join(str(error).split())[:300]
        raise WeightsError(f"{directory}: its config.json describes no T5-type model: {reason}") from error
    _check_shapes(directory, cast("Mapping[str, Tensor]", expected), tensors)
    model = cast("Any", T5ForConditionalGeneration(config))
    model.load_state_dict(tensors, strict=False)
    model.tie_weights()
    return model


def _check_shapes(directory: Path, expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    lacking = sorted(expected.keys() - tensors.keys() - _TIED)
    if lacking:
        raise WeightsError(f"{directory}: the weights lack {lacking[0]} and {len(lacking) - 1} more")
    for name in sorted(expected.keys() & tensors.keys()):
        found, wanted = tensors[name], expected[name]
        if found.shape != wanted.shape or not found.is_floating_point():
            raise WeightsError(
                f"{directory}: tensor {name!r} is {tuple(found.shape)} {found.dtype}, "
                f"but must be {tuple(wanted.shape)}: pull the model again"
            )
    if not _TIED & tensors.keys() and "shared.weight" not in tensors:
        raise WeightsError(f"{directory}: the weights lack shared.weight")


def _tokenizer(directory: Path, rows: int) -> Any:
    from transformers import AutoTokenizer

    try:
        with offline():
            tokenizer = AutoTokenizer.from_pretrained(
                str(directory), local_files_only=True, trust_remote_code=False
            )
    except Exception as error:  # a library raises many kinds of error for a malformed file
        reason = " ".join(str(error).split())[:300]
        raise WeightsError(f"{directory}: its tokenizer can't be loaded: {reason}") from error
    if len(tokenizer) > rows:
        raise WeightsError(
            f"{directory}: the tokenizer has {len(tokenizer)} tokens, the embedding {rows} rows"
        )
    return tokenizer


def unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of a wrapped encoder (``encoder.encoder.block.0.module.…``) to those of plain T5."""
    return {
        name.replace("encoder.encoder.", "encoder.", 1).replace(".module.", ".", 1): tensor
        for name, tensor in tensors.items()
    }
