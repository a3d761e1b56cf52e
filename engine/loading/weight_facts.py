"""The facts that a model's files state, read without loading its weights."""

from dataclasses import dataclass

from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.files.model_folder import read_json
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.vocabulary.gguf import vocabulary_from_gguf
from holesmith.engine.vocabulary.huggingface import vocabulary_from_directory
from holesmith.engine.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class WeightFacts:
    """The facts about one model.

    ``architecture`` is written as in the file; None if the file does not say.
    """

    architecture: str | None
    context_tokens_max: int | None
    vocabulary: Vocabulary


def read_facts(source: WeightSource) -> WeightFacts:
    """Read the header and the vocabulary. Raises WeightsError if they are damaged or of an unknown kind."""
    if source.layout == "gguf":
        file = read_gguf(source.path)
        architecture = file.text("general.architecture")
        context = file.integer(f"{architecture}.context_length")
        return WeightFacts(architecture, context, vocabulary_from_gguf(file))
    config = read_json(source.path / "config.json")
    architecture, context = config.get("model_type"), config.get("max_position_embeddings")
    return WeightFacts(
        architecture if isinstance(architecture, str) else None,
        context if isinstance(context, int) else None,
        vocabulary_from_directory(source.path),
    )
