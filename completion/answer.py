"""The answer to a completion request: a completion or none, and in both cases the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SnippetUse:
    """One snippet that was found for the prompt: its source, its reason and its cost.

    ``path`` is relative to the workspace; ``line`` is the snippet's first line, from 1, or None if the
    snippet stands nowhere in this form. ``tokens`` is 0 if the snippet was left out of the prompt; ``reason``
    then says why.
    """

    source: str
    path: str | None
    reason: str
    tokens: int
    line: int | None = None


PartKind = Literal["marker", "prefix", "suffix", "middle", "repository", "path", "code", "file", "healed"]
"""``file``: another file's code as comments, or behind the suffix. ``middle``: the lines above the cursor
that stand behind the last marker. ``healed``: the end of the text before the cursor that the prompt leaves
out, so that the model begins with a whole token; the generated text must begin with it.
"""


@dataclass(frozen=True, slots=True)
class PromptPart:
    """A run of the prompt. ``path`` is that of the file that ``code`` or ``file`` shows; "" otherwise."""

    kind: PartKind
    text: str
    tokens: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that replaces ``[start, stop)``, offsets in code points of the snapshot's text.

    The span lies on the line of the cursor and contains it. ``confidence`` is the probability that the model
    gives to the first line of ``text``, from 0 to 1.
    """

    text: str
    start: int
    stop: int
    confidence: float


def placed(text: str, confidence: float, snapshot: Snapshot, replaced: int = 0) -> Completion:
    """Return the completion that inserts ``text`` at the cursor and replaces ``replaced`` characters behind
    it.

    If an item is selected in the editor's menu, ``text`` comes behind that item.
    """
    selected = snapshot.selected
    if selected is None:
        return Completion(text, snapshot.offset, snapshot.offset + replaced, confidence)
    return Completion(selected.text + text, selected.start, selected.stop + replaced, confidence)


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request. If ``completion`` is None, ``reason`` says why there is none.

    ``alternatives`` are other completions, the likeliest first; only requests by hand have them.
    ``generated`` is the model's own text before it was cut to what is shown. ``prompt`` is the text of the
    prompt with its special tokens spelt out, and ``prompt_parts`` are its parts in order; both serve
    explanation only. ``finish`` is the engine's word for why decoding ended, or "none" if it never began.
    ``prefilled_tokens`` counts the prompt's tokens that were not in the engine's cache and had to be
    computed. ``timings_ms`` is by stage: "syntax", "prompt", "queue", "prefill", "decode", "shaping" and
    "total"; "wait" is the pause before all of these, "reading" the rest of a prefill that had begun before
    the request (scheduling/prompt_reader.py).
    """

    completion: Completion | None
    reason: str
    model: str
    finish: str = "none"
    prompt: str = ""
    prompt_tokens: int = 0
    prefilled_tokens: int = 0
    generated: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    context: tuple[SnippetUse, ...] = ()
    monitors: MonitorReport = field(default_factory=MonitorReport)
    alternatives: tuple[Completion, ...] = ()
    prompt_parts: tuple[PromptPart, ...] = ()
