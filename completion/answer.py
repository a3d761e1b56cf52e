"""What a completion request yields: a completion or none, and in both cases why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from holesmith.completion.monitor_report import MonitorReport
from holesmith.completion.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SnippetUse:
    """One snippet that was found for the prompt: where it came from, why, and what it cost.

    ``path`` is relative to the workspace; ``line`` is the snippet's first one, from 1, or None if it stands
    nowhere as it is. ``tokens`` is 0 where the snippet was left out of the prompt; ``reason`` says why.
    """

    source: str
    path: str | None
    reason: str
    tokens: int
    line: int | None = None


PartKind = Literal["marker", "prefix", "suffix", "middle", "repository", "path", "code", "file", "healed"]
"""``file``: another file's code as comments, or behind the suffix. ``middle``: the lines above the cursor
that stand behind the last marker. ``healed``: the end of the text before the cursor that the prompt leaves
out, so that the model begins with a whole token; what it generates must begin with it."""


@dataclass(frozen=True, slots=True)
class PromptPart:
    """A run of the prompt. ``path`` is that of the file that ``code`` or ``file`` shows; "" otherwise."""

    kind: PartKind
    text: str
    tokens: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """``text`` replaces ``[start, stop)``, offsets in code points of the snapshot's text.

    The span lies on the line of the cursor and contains it. ``confidence`` is the probability that the
    model gives to its first line, from 0 to 1.
    """

    text: str
    start: int
    stop: int
    confidence: float


def placed(text: str, confidence: float, snapshot: Snapshot, replaced: int = 0) -> Completion:
    """``text`` at the cursor; after the item selected in the editor's menu, if there is one."""
    selected = snapshot.selected
    if selected is None:
        return Completion(text, snapshot.offset, snapshot.offset + replaced, confidence)
    return Completion(selected.text + text, selected.start, selected.stop + replaced, confidence)


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request. When ``completion`` is None, ``reason`` says why there is none.

    ``alternatives`` are other completions, the likeliest first; only requests by hand have them.
    ``generated`` is the model's own text before it was cut to what is shown, ``prompt`` the text of the
    prompt with its special tokens spelt out, ``prompt_parts`` are its parts in order; they serve explanation
    only. ``finish`` is the engine's word for
    why decoding ended, or "none" if it never began. ``prefilled_tokens`` of the prompt's were not in the
    engine's cache and had to be computed. ``timings_ms`` is by stage: "syntax", "prompt", "queue",
    "prefill", "decode", "shaping" and "total"; "wait" is the pause before all of it, "reading" the rest
    of a reading that had begun before the request (scheduling/prompt_reader.py).
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
