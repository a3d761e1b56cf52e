"""The check that a document still parses with a finished suggestion in it.

Of several completions, those with which it does not parse are left out. If none is left, the likeliest is
shortened to its last whole line with which the document parses, or withheld. Invariants: what the user has
half typed does not count against a completion; a late answer changes nothing.
"""

import asyncio
from collections.abc import Sequence

from holesmith.completion.answer import Completion
from holesmith.completion.guidance.final_check import Checked
from holesmith.completion.postprocess.soundness import sound_part
from holesmith.completion.snapshot import Snapshot


async def check_syntax(
    completions: Sequence[Completion], snapshot: Snapshot, answer_ms_max: float, *, is_cut: bool = False
) -> Checked:
    """Return the completions to show; the first one given is the likeliest.

    ``is_cut`` is True if they were cut short, by the limit of tokens or at the end of a line; then they may
    leave brackets open.

    A completion about which nothing is known after ``answer_ms_max`` is taken as it is.
    """
    found = await asyncio.gather(
        *(_part_in_time(each, snapshot, answer_ms_max, is_cut=is_cut) for each in completions)
    )
    whole = tuple(each for each, objection in found if each is not None and not objection)
    if whole or not found:
        return Checked(whole, "")
    shorter, objection = next((each for each in found if each[0] is not None), found[0])
    if shorter is None:
        return Checked((), f"it would not parse here: {objection}")
    return Checked((shorter,), f"shortened, the rest would not parse here: {objection}")


async def _part_in_time(
    completion: Completion, snapshot: Snapshot, answer_ms_max: float, *, is_cut: bool
) -> tuple[Completion | None, str]:
    try:
        return await asyncio.wait_for(
            asyncio.to_thread(sound_part, completion, snapshot, is_cut=is_cut), answer_ms_max / 1000
        )
    except TimeoutError:
        return completion, ""
