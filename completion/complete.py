"""One completion, from the snapshot of a document to what the editor shows: the whole pipeline."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from holesmith.completion.answer import Answer, Completion
from holesmith.completion.extent import Extent, extent_of
from holesmith.completion.middle import Middle
from holesmith.completion.options import Options
from holesmith.completion.refusal import refusal_of
from holesmith.completion.shaping import shape
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.stopwatch import Stopwatch
from holesmith.context.prompt import Hole, Prompt, build_prompt
from holesmith.context.templates import Template
from holesmith.engine.request import Generation, Request
from holesmith.engine.seam import Engine


@dataclass(frozen=True, slots=True)
class Completer:
    """A loaded engine with the prompt template of its vocabulary."""

    engine: Engine
    template: Template

    async def complete(self, snapshot: Snapshot, options: Options) -> Answer:
        """Fill the hole at the cursor. Cancelling the awaiting task stops the engine within one step."""
        watch = Stopwatch()
        with watch.stage("syntax"):
            reason = refusal_of(snapshot, options)
            if reason is not None:
                return Answer(None, reason, self.engine.description.name, timings_ms=watch.timings_ms())
            prefix, suffix = text_around(snapshot)
            extent = extent_of(snapshot.language, prefix, suffix, options.lines)
        with watch.stage("prompt"):
            hole = Hole(prefix, suffix, path_in_workspace(snapshot), repository_name(snapshot))
            prompt = build_prompt(
                hole,
                self.template,
                self.engine.vocabulary,
                options.prompt_tokens_max,
                options.prompt_order,
            )
        middle = Middle(prompt.required, self.engine.vocabulary.token_bytes)
        generation = await self.decode(prompt, middle, extent, options)
        for stage, duration_ms in generation.timings_ms.items():
            watch.add(stage, duration_ms)
        with watch.stage("shaping"):
            completion, reason = completion_of(middle, generation, snapshot, extent)
        return Answer(
            completion=completion,
            reason=reason,
            model=self.engine.description.name,
            finish=generation.finish,
            prompt=prompt.text,
            prompt_tokens=len(prompt.token_ids),
            prefilled_tokens=generation.tokens_prefilled,
            generated=middle.text,
            timings_ms=watch.timings_ms(),
        )

    async def decode(self, prompt: Prompt, middle: Middle, extent: Extent, options: Options) -> Generation:
        """Decode into ``middle`` until the statement or block has ended, or the model has."""
        stream = self.engine.start(
            Request(
                token_ids=prompt.token_ids,
                tokens_max=options.tokens_max,
                stop_ids=prompt.stop_ids,
                required_prefix=prompt.required.encode(errors="replace"),
            )
        )
        try:
            async for token in stream:
                middle.add(token)
                if extent.stop_of(middle.text) is not None:
                    break
            stream.cancel()
            return await stream.result()
        except asyncio.CancelledError:
            stream.cancel()
            raise


def completion_of(
    middle: Middle, generation: Generation, snapshot: Snapshot, extent: Extent
) -> tuple[Completion | None, str]:
    """What to show of a finished middle, or None; and why."""
    if not middle.keeps_required:
        return None, "the model could not go on from the word at the cursor"
    stop = extent.stop_of(middle.text)
    cut_short = stop is None and generation.finish == "length"
    wanted = extent.whole_part(middle.text) if cut_short else middle.text[:stop]
    shaped = shape(wanted, *text_around(snapshot))
    if not shaped.text:
        return None, shaped.reason
    confidence = middle.confidence(len(shaped.text))
    selected = snapshot.selected
    if selected is not None:
        text = selected.text + shaped.text
        return Completion(text, selected.start, selected.stop, confidence), shaped.reason
    return Completion(shaped.text, snapshot.offset, snapshot.offset, confidence), shaped.reason


def text_around(snapshot: Snapshot) -> tuple[str, str]:
    """The text before and after the hole; an item selected in the editor's menu counts as typed."""
    selected = snapshot.selected
    if selected is None:
        return snapshot.prefix, snapshot.suffix
    return snapshot.text[: selected.start] + selected.text, snapshot.text[selected.stop :]


def path_in_workspace(snapshot: Snapshot) -> str:
    """The document's path as the repository knows it; just its name where it lies outside."""
    path = Path(snapshot.path)
    if snapshot.workspace is not None and path.is_relative_to(snapshot.workspace):
        return path.relative_to(snapshot.workspace).as_posix()
    return path.name


def repository_name(snapshot: Snapshot) -> str:
    return (
        Path(snapshot.workspace).name if snapshot.workspace is not None else Path(snapshot.path).parent.name
    )
