"""The harmless stages and settings of a tokenizer.json, which alone are given to the tokenizers library.

The file comes from the author of the model. Some stages of the library make a text grow without end or lose
parts of it, and contradictory settings end the process. So only stages that tokenizers of code models have
are accepted, and only with settings that are checked here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from holesmith.engine.errors import WeightsError

_Json = Mapping[str, object]

# More steps than these are taken for damage.
_STAGES_MAX = 64
_NORMALIZERS = frozenset(("ByteLevel", "NFC", "NFD", "NFKC", "NFKD", "Prepend"))
_PRE_TOKENIZERS = frozenset(("ByteLevel", "Digits", "Metaspace", "Punctuation", "Split", "UnicodeScripts"))
_NOT_FAITHFUL = frozenset(("NFC", "NFD", "NFKC", "NFKD", "Prepend"))
_FLAGS = ("fuse_unk", "byte_fallback", "ignore_merges")
_AFFIXES = ("continuing_subword_prefix", "end_of_word_suffix")


def parts_of(stage: object) -> Iterator[_Json]:
    """Yield the steps of a normalizer, a pre-tokenizer or a decoder one by one, also those of sequences."""
    waiting = [stage]
    while waiting:
        step = waiting.pop()
        if isinstance(step, dict):
            found = cast("_Json", step)
            children = [found.get(key) for key in ("normalizers", "pretokenizers", "decoders")]
            lists = [cast("list[object]", each) for each in children if isinstance(each, list)]
            if found.get("type") != "Sequence":
                yield found
            waiting += reversed([child for each in lists for child in each])


def harmless_normalizer(stage: object) -> _Json | None:
    """Return the normalizer without Unicode normalisation and dummy spaces.

    Raises WeightsError for other steps.
    """
    steps: list[_Json] = []
    for step in parts_of(stage):
        kind = step.get("type")
        if kind == "Replace" and _is_space_mark(step):
            steps.append(step)
        elif kind not in _NORMALIZERS:
            raise WeightsError(f"its normalizer has a step that is not supported: {_named(kind)}")
        elif kind not in _NOT_FAITHFUL:
            steps.append(step)
    return _sequence("normalizers", steps)


def _is_space_mark(step: _Json) -> bool:
    return (step.get("pattern"), step.get("content")) == ({"String": " "}, "▁")


def harmless_pre_tokenizer(stage: object) -> _Json | None:
    """Return the pre-tokenizer without dummy spaces. Raises WeightsError for other steps."""
    steps: list[_Json] = []
    for step in parts_of(stage):
        kind = step.get("type")
        if kind not in _PRE_TOKENIZERS:
            raise WeightsError(f"its pre-tokenizer has a step that is not supported: {_named(kind)}")
        steps.append({**step, "prepend_scheme": "never"} if kind == "Metaspace" else step)
    return _sequence("pretokenizers", steps)


def _sequence(key: str, steps: Sequence[_Json]) -> _Json | None:
    if len(steps) > _STAGES_MAX:
        raise WeightsError(f"its {key} are {len(steps)} steps: is it damaged?")
    if len(steps) == 1:
        return steps[0]
    return {"type": "Sequence", key: steps} if steps else None


def harmless_model(model: _Json, vocabulary: Mapping[str, int], added: Mapping[str, int]) -> _Json:
    """Return the BPE model over ``vocabulary`` and the ``added`` tokens, which thus keep the ids of the file.

    Raises WeightsError for merges of tokens that do not exist. Also for affixes, which the library would cut
    off tokens that may lack them.
    """
    affix = next((name for name in _AFFIXES if model.get(name)), None)
    if affix is not None:
        raise WeightsError(f"its {affix} is not supported")
    moved = next(
        (text for text, token_id in added.items() if vocabulary.get(text, token_id) != token_id), None
    )
    if moved is not None:
        raise WeightsError(f"its added token {_named(moved)} has two ids")
    merges = [_pair(merge) for merge in _merges(model)]
    if not all(
        left in vocabulary and right in vocabulary and left + right in vocabulary for left, right in merges
    ):
        raise WeightsError("it merges tokens that are not in its vocabulary")
    unknown = model.get("unk_token")
    return {
        "type": "BPE",
        "vocab": {**vocabulary, **added},
        "merges": merges,
        "unk_token": unknown if isinstance(unknown, str) and unknown in vocabulary else None,
        **{name: model.get(name) is True for name in _FLAGS},
    }


def _merges(model: _Json) -> Iterator[object]:
    """Yield the merges. Older files have lines, of which the first may be the version of the format."""
    found = model.get("merges")
    if not isinstance(found, list):
        raise WeightsError("it has no merges")
    for merge in cast("list[object]", found):
        if not (isinstance(merge, str) and merge.startswith("#version")):
            yield merge


def _pair(merge: object) -> tuple[str, str]:
    parts = merge.split(" ") if isinstance(merge, str) else merge
    if isinstance(parts, list):
        match cast("list[object]", parts):
            case [str(left), str(right)]:
                return left, right
            case _:
                pass
    raise WeightsError("one of its merges is not a pair of tokens")


def _named(value: object) -> str:
    return repr(str(value)[:80])
