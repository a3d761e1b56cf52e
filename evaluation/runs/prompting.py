"""Prompts of the published settings, for left-to-right and fill-in-the-middle models.

The pipeline makes its own prompt and does not use this module. Budgets count tokens of the loaded vocabulary,
without the template's few markers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from holesmith.engine.vocabulary.vocabulary import Vocabulary
from holesmith.evaluation.case import Case, Passage
from holesmith.evaluation.configuration import Configuration, Mode
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.packing import Chunk, fitted, not_truncated_prior_last, split_prior
from holesmith.evaluation.runs.plain_prompt import fills_middle, plain_prompt, split_half_word
from holesmith.evaluation.runs.window import window_end, window_start

FILE_CHARACTERS_MAX = 400_000
"""Characters before a hole that are tokenised at most, whatever the window."""


@dataclass(frozen=True, slots=True)
class CasePrompt:
    """The prompt of a case.

    The model must begin with ``healed_prefix``, and the answer begins behind it. ``uses`` are the snippets of
    other files in the prompt, for a row.
    """

    token_ids: tuple[int, ...]
    stop_ids: frozenset[int]
    healed_prefix: str = ""
    uses: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class _Maker:
    """One case with everything that its prompt depends on."""

    case: Case
    configuration: Configuration
    vocabulary: Vocabulary
    prior: str
    """The text before the hole, without the half word that healing takes off."""

    @property
    def budget(self) -> int:
        return self.configuration.prompt_tokens_max

    def prior_window(self, text: str, tokens_max: int) -> list[int]:
        ids = self.vocabulary.encode(text[-FILE_CHARACTERS_MAX:], dummy_space=True)
        return window_end(ids, tokens_max, self.configuration.window_step)

    def post(self) -> str:
        """Return the text behind the hole: the top rule if the data set has contexts, else the suffix."""
        passages = self.case.passages
        return passages[0].text if passages else self.case.suffix


def prompt_for(case: Case, configuration: Configuration, vocabulary: Vocabulary) -> CasePrompt:
    """Make the prompt of a mode other than the pipeline.

    Raises EvaluationError if the case lacks what the mode needs.
    """
    text = split_prior(case.passages)[0].text if case.passages else case.prefix
    prior, healed_prefix = split_half_word(text) if configuration.healing else (text, "")
    prefix_ids, suffix_ids, middle_ids = _PARTS[configuration.mode](
        _Maker(case, configuration, vocabulary, prior)
    )
    prompt = plain_prompt(vocabulary, prefix_ids, suffix_ids, middle_ids)
    return CasePrompt(prompt.token_ids, prompt.stop_ids, healed_prefix)


_Parts = tuple[list[int], list[int] | None, list[int]]


def _prior(maker: _Maker) -> _Parts:
    """Use only the text before the hole, cut on its left."""
    return maker.prior_window(maker.prior, maker.budget), None, []


def _post_prior(maker: _Maker) -> _Parts:
    """Use the text behind the hole, cut on its right, and fill the rest of the budget with the prior.

    The text behind the hole gets up to half of the budget, or the configured number of tokens. A model that
    cannot fill in the middle gets the post lines before the prior, as RepoFusion's baselines do. A dot right
    before the hole begins the middle, as in the monitors paper.
    """
    post_tokens_max = maker.configuration.suffix_tokens_max or maker.budget // 2
    post_ids = window_start(maker.vocabulary.encode(maker.post()), post_tokens_max)
    prior_budget = maker.budget - len(post_ids)
    if not fills_middle(maker.vocabulary):
        separator = maker.vocabulary.encode("\n")
        return [*post_ids, *separator, *maker.prior_window(maker.prior, prior_budget)], None, []
    prior, middle = (maker.prior[:-1], ".") if maker.prior.endswith(".") else (maker.prior, "")
    return maker.prior_window(prior, prior_budget), post_ids, maker.vocabulary.encode(middle)


def _top_k(maker: _Maker) -> _Parts:
    """Use the k best contexts, each cut to a passage's length, then the prior.

    Source: RepoFusion's T-rank, prior last.
    """
    passages = _passages(maker)
    limit, encode = maker.configuration.passage_tokens, maker.vocabulary.encode
    prior, others = split_prior(passages)
    chosen = [passage for passage in others if passage.text][: max(0, maker.configuration.passages - 1)]
    chunks = [Chunk(passage.title, tuple(encode(passage.text)[:limit])) for passage in chosen]
    prior_ids = window_end(encode(maker.prior, dummy_space=True), limit, maker.configuration.window_step)
    return _packed(maker, [*chunks, Chunk(prior.title, tuple(prior_ids))]), None, []


def _not_truncated_prior_last(maker: _Maker) -> _Parts:
    """Use RepoFusion's best packing in one sequence: chunks in rank order, then the prior's, then the hole.

    Fusion-in-Decoder repeats the hole's surroundings in every passage; here they stand once, at the end.
    """
    passages = [
        Passage(passage.title, maker.prior) if passage is split_prior(maker.case.passages)[0] else passage
        for passage in _passages(maker)
    ]
    limit, encode = maker.configuration.passage_tokens, maker.vocabulary.encode
    chunks = not_truncated_prior_last(
        passages,
        maker.configuration.passages,
        lambda passage: limit - len(encode(_heading(passage.title))),
        encode,
    )
    return _packed(maker, chunks), None, []


def _passages(maker: _Maker) -> tuple[Passage, ...]:
    if not maker.case.passages:
        mode = maker.configuration.mode
        raise EvaluationError(
            f"{maker.case.id}: the suite has no retrieved contexts, which mode {mode} needs"
        )
    return maker.case.passages


def _packed(maker: _Maker, chunks: list[Chunk]) -> list[int]:
    """Join chunks to one run of tokens.

    Each context stands under a comment with its rule's name; the prior comes last, without one.
    """
    encode = maker.vocabulary.encode
    prior_title = chunks[-1].title if chunks else ""

    def laid_out(chunk: Chunk) -> list[int]:
        if chunk.title == prior_title:
            return list(chunk.token_ids)
        return [*encode(_heading(chunk.title)), *chunk.token_ids, *encode("\n")]

    kept = fitted(chunks, lambda chunk: len(laid_out(chunk)), maker.budget) if chunks else []
    if not any(chunk.title == prior_title for chunk in kept):
        return maker.prior_window(maker.prior, maker.budget)
    return [token for chunk in kept for token in laid_out(chunk)]


def _heading(title: str) -> str:
    return f"// {title}\n"


_PARTS: Mapping[Mode, Callable[[_Maker], _Parts]] = {
    "prior": _prior,
    "post+prior": _post_prior,
    "pp-top-k": _top_k,
    "nt-prior-last": _not_truncated_prior_last,
}


def fusion_passages(
    case: Case,
    configuration: Configuration,
    encode: Callable[[str], list[int]],
    decode: Callable[[list[int]], str],
) -> list[str]:
    """Return the passages of RepoFusion's own model: NT-Prior-Last, with the hole's surroundings behind each.

    ``encode`` and ``decode`` are those of that model's tokenizer.
    """
    question = f" hole_context: {case.facts.get('question', '')} "
    if not case.passages:
        raise EvaluationError(
            f"{case.id}: the suite has no retrieved contexts, which Fusion-in-Decoder needs"
        )

    def room(passage: Passage) -> int:
        used = len(encode(_introduction(passage.title))) + len(encode(question))
        return configuration.passage_tokens - used

    chunks = not_truncated_prior_last(case.passages, configuration.passages, room, encode)
    return [_introduction(chunk.title) + decode(list(chunk.token_ids)) + question for chunk in chunks]


def _introduction(title: str) -> str:
    return f"rule_name: {title} rule_context: "
