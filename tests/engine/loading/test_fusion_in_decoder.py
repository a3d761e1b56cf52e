"""Fusion-in-Decoder is plain T5 for one passage, and for several reads each alone and all at once."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.loading.fusion_in_decoder import FusionInDecoder, load_fusion_in_decoder
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

from tests.engine.tiny_t5 import WORDS, save_tiny_t5

ONE = [1, 11, 12, 13, 14, 2]
TWO = [1, 21, 22, 2]
TOKENS_MAX = 12


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_t5(tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def fusion(directory: Path) -> FusionInDecoder:
    return load_fusion_in_decoder(str(directory), "cpu")


def plain_t5(directory: Path) -> Any:
    return T5ForConditionalGeneration.from_pretrained(directory).eval()


def generated(model: Any, **inputs: object) -> list[int]:
    with torch.inference_mode():
        ids = model.generate(**inputs, max_new_tokens=TOKENS_MAX, do_sample=False, num_beams=1)
    return cast("list[int]", cast("Tensor", ids)[0, 1:].tolist())


def test_one_passage_is_plain_t5(directory: Path, fusion: FusionInDecoder) -> None:
    expected = generated(plain_t5(directory), input_ids=torch.tensor([ONE]))
    assert fusion.generate([ONE], TOKENS_MAX) == expected
    assert len(expected) == TOKENS_MAX


def test_several_passages_are_encoded_alone_and_read_together(
    directory: Path, fusion: FusionInDecoder
) -> None:
    model = plain_t5(directory)
    with torch.inference_mode():
        states = [model.encoder(input_ids=torch.tensor([ids])).last_hidden_state for ids in (ONE, TWO)]
    joined = BaseModelOutput(last_hidden_state=torch.cat(states, dim=1))
    expected = generated(model, encoder_outputs=joined, attention_mask=torch.ones(1, len(ONE) + len(TWO)))
    assert fusion.generate([ONE, TWO], TOKENS_MAX) == expected
    assert expected != fusion.generate([ONE], TOKENS_MAX)


def test_more_passages_than_fit_at_once_give_the_same(
    fusion: FusionInDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    passages = [[1, 10 + number, 2] for number in range(7)]
    together = fusion.generate(passages, TOKENS_MAX)
    monkeypatch.setattr("holesmith.engine.loading.fusion_in_decoder.PASSAGES_AT_ONCE", 2)
    assert fusion.generate(passages, TOKENS_MAX) == together


def test_text_goes_in_and_comes_out_and_long_passages_lose_their_start(fusion: FusionInDecoder) -> None:
    short = "w11 w12"
    assert fusion.complete([short], 4, TOKENS_MAX) == fusion.complete([f"w1 w2 w3 {short}"], 4, TOKENS_MAX)
    assert set(fusion.complete([short], 4, TOKENS_MAX).split()) <= set(WORDS)
    assert fusion.complete([], 4, TOKENS_MAX) == fusion.complete([""], 4, TOKENS_MAX)


def test_weights_of_a_wrapped_encoder_load_as_well(
    directory: Path, fusion: FusionInDecoder, tmp_path: Path
) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((directory / name).read_bytes())
    wrapped = {
        name.replace("encoder.", "encoder.encoder.", 1).replace(".layer.", ".module.layer.", 1)
        if name.startswith("encoder.")
        else name: tensor.clone()
        for name, tensor in load_file(directory / "model.safetensors").items()
    }
    save_file(wrapped, tmp_path / "model.safetensors")
    loaded = load_fusion_in_decoder(str(tmp_path), "cpu")
    assert loaded.generate([ONE, TWO], TOKENS_MAX) == fusion.generate([ONE, TWO], TOKENS_MAX)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("config.json", '{"model_type": "gpt2"}', "not a T5-type model"),
        ("pytorch_model.bin", "pickle", "pickled"),
    ],
)
def test_what_is_no_such_model_is_refused_in_one_line(
    directory: Path, tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    (tmp_path / "config.json").write_bytes((directory / "config.json").read_bytes())
    (tmp_path / name).write_text(text)
    with pytest.raises(WeightsError, match=complaint) as caught:
        load_fusion_in_decoder(str(tmp_path), "cpu")
    assert "\n" not in str(caught.value)


def test_weights_that_lack_a_layer_are_refused(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((directory / "config.json").read_bytes())
    tensors = load_file(directory / "model.safetensors")
    save_file(
        {name: tensor for name, tensor in tensors.items() if "decoder.block.1" not in name},
        tmp_path / "model.safetensors",
    )
    with pytest.raises(WeightsError, match=r"lack decoder\.block\.1"):
        load_fusion_in_decoder(str(tmp_path), "cpu")
