"""What a user may choose about completion, with the defaults; made from settings, flags or nothing."""

from dataclasses import dataclass
from typing import Literal

from holesmith.context.sources.catalogue import SOURCES

Lines = Literal["auto", "single", "multi"]
PromptOrder = Literal["plain", "anchored"]
WeightForm = Literal["auto", "bf16", "int8", "int4"]


CONTEXT_SOURCES = tuple(source.name for source in SOURCES)


@dataclass(frozen=True, slots=True)
class Options:
    """Choices that hold for every request until they are replaced.

    ``model`` is a name of the model store, a ``.gguf`` file or a directory in Hugging Face layout; None
    takes the default for the device. ``device`` is "auto", "cpu", "cuda" or "cuda:N"; ``weights`` is how
    the engine keeps them (`engine.loading.load.load_engine`). Token counts are of the loaded model's
    vocabulary. ``prompt_order`` is explained in context/prompt. ``debounce_ms_max`` bounds the wait for
    a pause in typing (debounce.py); 0 never waits. ``facts`` puts what static analysis says of the hole
    into the prompt, as far as it is known after ``facts_ms_max``, which is also how long it is waited at an
    import for the names that the document misses. ``sources`` are the only sources of context, by their
    names in the catalogue, and "facts" among them counts as ``facts``; None takes those on by default.
    ``answer_ms_max`` is how long after a monitor has asked static analysis something the answer still
    counts, ``check_ms_max`` how long the last check of a finished completion may take (final_check.py); 0
    leaves it out. ``python`` is the interpreter or the environment's directory whose packages static
    analysis reads; None looks for the project's.

    While the user types, a completion whose confidence is below ``confidence_min`` is not shown. Asked for by
    hand there are up to ``candidates_max``. ``look_ahead`` works out what may come after the one shown.
    """

    model: str | None = None
    device: str = "auto"
    weights: WeightForm = "auto"
    lines: Lines = "auto"
    tokens_max: int = 64
    prompt_tokens_max: int = 1024
    prompt_order: PromptOrder = "anchored"
    in_comments: bool = False
    debounce_ms_max: int = 300
    context: bool = True
    facts: bool = False
    facts_ms_max: float = 50.0
    sources: frozenset[str] | None = None
    python: str | None = None
    monitor: bool = True
    answer_ms_max: float = 400.0
    check_ms_max: float = 60.0
    confidence_min: float = 0.0
    candidates_max: int = 1
    look_ahead: bool = False

    @property
    def wants_facts(self) -> bool:
        """Whether static analysis is asked for the prompt's sake."""
        return self.context and (self.facts if self.sources is None else "facts" in self.sources)

    @property
    def wants_imports(self) -> bool:
        """Whether it is asked what a document misses, where it imports."""
        return self.context and (self.sources is None or "missing_imports" in self.sources)
