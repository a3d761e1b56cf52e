"""Turn the model's finished text into the completion that the editor shows."""

from holesmith.completion.answer import Completion, placed
from holesmith.completion.guidance.final_check import Checked, FinalCheck
from holesmith.completion.guidance.syntax_check import check_syntax
from holesmith.completion.options import Options
from holesmith.completion.postprocess.fitting import fit
from holesmith.completion.postprocess.indentation import level_at
from holesmith.completion.postprocess.middle import Middle
from holesmith.completion.preparation import Prepared
from holesmith.engine.request import Generation


def completion_of(
    middle: Middle, generation: Generation, prepared: Prepared
) -> tuple[Completion | None, str]:
    """Return the completion to show for a finished middle, or None, and the reason for either."""
    if not middle.keeps_healed_prefix:
        return None, "the model could not go on from the word at the cursor"
    context = prepared.context
    text = prepared.showable_part(middle, generation)
    if text is None:
        return None, "it was cut short before anything was whole"
    level = level_at(context.snapshot.indentation, context.prefix, context.suffix)
    fitted = fit(text, prepared.extent, level)
    shaped = fitted.shaped
    if not shaped.text:
        return None, shaped.reason
    confidence = middle.confidence(shaped.kept, prepared.extent.prose_in(middle.text[: shaped.kept]))
    return placed(shaped.text, confidence, context.snapshot, fitted.replaced), shaped.reason


async def checked(
    completions: tuple[Completion, ...], prepared: Prepared, options: Options, *, is_cut: bool
) -> Checked:
    """Return the completions that remain after they were read in their place.

    The document must parse with them (guidance/syntax_check.py), and static analysis must find no error in
    them (guidance/final_check.py). ``is_cut`` is True if the limit of tokens ended the first one.
    """
    if options.check_ms_max <= 0:
        return Checked(completions, "")
    snapshot = prepared.context.snapshot
    is_cut = is_cut or prepared.extent.kind == "line"  # the end of the line cuts, too
    found = await check_syntax(completions, snapshot, options.check_ms_max, is_cut=is_cut)
    if prepared.analyst is None or not found.completions:
        return found
    final_check = FinalCheck(snapshot.file_path, snapshot.text, prepared.analyst, options.check_ms_max)
    analysed = await final_check.check(found.completions)
    if not analysed.reason:
        return Checked(analysed.completions, found.reason)
    # Shortened: between a `try` and its handler, for example, nothing may end.
    again = await check_syntax(analysed.completions, snapshot, options.check_ms_max)
    return Checked(again.completions, analysed.reason)
