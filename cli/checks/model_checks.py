"""The checks of the models: their files are whole, and one model completes a line.

The pipeline is imported inside its check, so that a missing library fails no other check.
"""

import asyncio
import time
from pathlib import Path

from holesmith.cli.checks.diagnosis import Finding
from holesmith.completion.answer import Answer
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.engine.store.catalogue import default_model
from holesmith.engine.store.store import find_hash_damage, find_size_damage, stored_models

BEFORE = (
    "def add(a: int, b: int) -> int:\n    return a + b\n\n\ndef subtract(a: int, b: int) -> int:\n    return "
)
AFTER = "\n\n\ndef multiply(a: int, b: int) -> int:\n    return a * b\n"
TIME_MAX_S = 300.0


def check_models(*, verify: bool, root: Path | None = None) -> Finding:
    """Check the files of all models. ``verify``: compare hashes, not only sizes."""
    models = list(stored_models(root))
    if not models:
        remedy = f"run `holesmith model pull {default_model('cpu')}` to get the default model"
        return Finding("models", "failed", "there are no models on this machine", remedy)
    look = find_hash_damage if verify else find_size_damage
    damaged = [(stored.record.name, damage) for stored in models if (damage := look(stored)) is not None]
    if damaged:
        remedy = " and ".join(f"`holesmith model pull {name}`" for name, _ in damaged)
        return Finding(
            "models", "failed", "; ".join(damage for _, damage in damaged), f"run {remedy} to restore it"
        )
    names = ", ".join(stored.record.name for stored in models)
    return Finding("models", "ok", f"{names} ({'hashes' if verify else 'sizes'} as recorded)")


def check_completion(model: str | None) -> Finding:
    """Load a model (None means the default model), and fill one hole through the whole pipeline."""
    return asyncio.run(_complete(model))


async def _complete(model: str | None) -> Finding:
    from holesmith.completion.options import Options
    from holesmith.completion.service import Service

    service = Service(Options(model=model))
    started = time.monotonic()
    try:
        async with asyncio.timeout(TIME_MAX_S):
            await service.load()
            loaded, loaded_s = service.status, time.monotonic() - started
            snapshot = Snapshot("arithmetic.py", "python", BEFORE + AFTER, len(BEFORE), invoked=True)
            answer = await service.complete(snapshot)
            return judge_answer(loaded, loaded_s, answer, service.status)
    except TimeoutError:
        remedy = "choose a smaller model from `holesmith model list`; this one is too slow here"
        return Finding("completion", "failed", f"no completion came within {TIME_MAX_S:.0f} s", remedy)
    finally:
        await service.close()


def judge_answer(loaded: Status, loaded_s: float, answer: Answer, after: Status) -> Finding:
    """Judge an answer. ``loaded``: the service's status after loading; ``after``: its status at the end."""
    if loaded.health != "ready":
        return Finding("completion", "failed", loaded.message)
    model = f"{loaded.message}, loaded in {loaded_s:.1f} s"
    if after.failures > loaded.failures:
        remedy = "try another model, or report this"
        return Finding("completion", "failed", f"{model}, but: {answer.reason}", remedy)
    if answer.completion is None:
        remedy = "run `holesmith complete --explain` on one of your files to see more, or try another model"
        return Finding(
            "completion", "warning", f"{model}, but there was no completion: {answer.reason}", remedy
        )
    took_ms = answer.timings_ms.get("total", 0.0)
    return Finding("completion", "ok", f"{model}; wrote {answer.completion.text!r} in {took_ms:.0f} ms")
