"""Type for hours against a real server, with a fault every few seconds: nothing may get lost or grow.

    python benchmarks/soak.py [--minutes 3] [--seed 1] [--model NAME_OR_FILE] [--source FOLDER]
                              [--only FAULT,...] [--patience 1] [--keep FOLDER]

The source of a package is copied to a temporary workspace, and its modules are typed into a `holesmith lsp`
process, key by key, with a request for each key. Meanwhile the worker and the indexer are killed and frozen,
the cache is deleted, corrupted, full or read-only, files become pipes, messages are malformed, and so on: see
soak_faults.py and soak_messages.py. Home, cache and data are folders of the run. The model is the default one
if the store has it; with ``--model none`` there are no suggestions, and all the rest is the same.

These rules must hold. A violation is counted as a failure, and printed at once with the fault during which it
happened:

- Every request gets exactly one answer, within 5 s, or within 15 s during a fault and just after one.
- The server's document equals the client's: its end, the lengths of its lines, the text around the cursor in
  the prompt.
- The server does not end, and no handler fails.
- In a run of 20 minutes or more, memory, processes, threads and files do not grow after the first quarter.
- When the server has ended, none of the processes that it started is left.

``--patience`` multiplies the time limits, for a busy machine. The same seed gives the same faults in the same
order. The last line is one JSON object; the exit status is 1 if there was a failure. Linux only.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from holesmith.engine.errors import ModelNotFoundError, WeightsError
from holesmith.engine.store.catalogue import default_model
from holesmith.engine.store.store import find
from soak_client import Conversation
from soak_document import Document
from soak_faults import FAULTS, Fault, Stage
from soak_messages import MESSAGE_FAULTS
from soak_processes import Sample, identities, sample, slope_per_hour, wait_for_end
from soak_run import FAULT_BOUND_S, Run
from soak_typist import Typist

ALL_FAULTS = {fault.__name__: fault for fault in (*FAULTS, *MESSAGE_FAULTS)}
PAUSE_S = (2.0, 6.0)
SAMPLE_PERIOD_S, LINE_PERIOD_S = 5.0, 60.0
GIVEN_UP_S = 60.0
LOADED_S_MAX = 600.0
DOCUMENTS = 3
# Caches fill and modules are met for the first time: what a shorter run needs says nothing.
GROWTH_MINUTES_MIN = 20.0
# Between the second and the last quarter, of medians.
GROWTH_MAX = {"rss_mb": 150.0, "processes": 1.0, "threads": 6.0, "files": 10.0}


async def soak(run: Run, minutes: float, faults: Sequence[Fault], seed: int) -> None:
    draw = random.Random(seed)
    client = await run.server("server")
    await loaded(run, client)
    stage = Stage(client, run.workspace, run.cache, draw, run.second_server, run.settings)
    paths = stage.sources()
    texts = [text for path in paths if len(text := path.read_text("utf-8")) > 2_000]
    stage.documents += [
        Document(client, path.as_uri(), path.read_text("utf-8")) for path in draw.sample(paths, DOCUMENTS)
    ]
    typist = Typist(client, texts, run.workspace, random.Random(seed + 1))
    own_draw = random.Random(seed + 2)
    typing = asyncio.ensure_future(typist.type_for_ever(lambda document: run.compare(document, own_draw)))
    watching = asyncio.ensure_future(watch(run, client, typist))
    run.is_faulty, run.mended_at = False, time.monotonic()
    await make_faults(run, stage, minutes, faults)
    client.step = "end"
    for task in (typing, watching):
        if task.done():
            task.result()
        task.cancel()
    await asyncio.wait([typing, watching])
    run.faults["keys typed"], run.faults["suggestions taken"] = typist.keys, typist.taken
    await wind_up(run, client, minutes)


async def loaded(run: Run, client: Conversation) -> None:
    """Until the model is ready, or known not to be there."""
    end = time.monotonic() + LOADED_S_MAX
    while time.monotonic() < end:
        status = await client.result("holesmith/status")
        if status["health"] in ("ready", "error"):
            print(f"{status['health']}: {status['message']}", flush=True)
            if (status["health"] == "ready") != (run.model is not None):
                run.ledger.fail(f"the model is {status['health']}", status["message"])
            return
        await asyncio.sleep(0.5)
    run.ledger.fail("the model is not loaded", f"in {LOADED_S_MAX:.0f} s")


async def make_faults(run: Run, stage: Stage, minutes: float, faults: Sequence[Fault]) -> None:
    """One after another, each once before any comes again; and compare the documents after each."""
    end = run.began + minutes * 60
    order: list[Fault] = []
    while time.monotonic() < end and not stage.client.ended:
        order = order or stage.draw.sample(faults, len(faults))
        fault = order.pop()
        run.faults[fault.__name__] += 1
        stage.client.step = f"{fault.__name__} {run.faults[fault.__name__]}"
        run.is_faulty = True
        await fault(stage)
        run.is_faulty, run.mended_at = False, time.monotonic()
        await asyncio.sleep(stage.draw.uniform(*PAUSE_S))
        await run.compare(stage.draw.choice(stage.documents), stage.draw)


async def watch(run: Run, client: Conversation, typist: Typist) -> None:
    line_due = time.monotonic() + LINE_PERIOD_S
    latencies_told = 0
    failure_told: str | None = None
    while not client.ended:
        run.samples.append(await asyncio.to_thread(sample, client.process.pid, run.began))
        run.seen |= await asyncio.to_thread(identities, client.process.pid)
        client.look_for_overdue(GIVEN_UP_S * run.patience)
        failure = client.status.get("last_failure")
        if failure != failure_told and (failure_told := failure):
            run.ledger.fail("the server says that it failed", f"{failure} ({client.step})")
        if time.monotonic() >= line_due:
            line_due += LINE_PERIOD_S
            print(line_of(run, client, typist, run.ledger.latencies_ms[latencies_told:]), flush=True)
            latencies_told = len(run.ledger.latencies_ms)
        await asyncio.sleep(SAMPLE_PERIOD_S)


async def wind_up(run: Run, client: Conversation, minutes: float) -> None:
    run.is_faulty = True
    if client.ended:
        run.ledger.fail("the server ended", f"with status {await client.process.wait()}")
    else:
        await client.end(FAULT_BOUND_S * run.patience)
    seconds = FAULT_BOUND_S * run.patience
    if left := await asyncio.to_thread(wait_for_end, run.seen, str(run.folder), seconds):
        run.ledger.fail("left behind", f"{seconds:.0f} s after the server ended: {left}")
    for line in run.log_errors():
        run.ledger.fail("an error in the log", line)
    for name, growth_max in GROWTH_MAX.items():
        values = [float(getattr(each, name)) for each in run.samples]
        quarter = max(len(values) // 4, 1)
        growth = median(values[-quarter:]) - median(values[quarter : 2 * quarter])
        if minutes >= GROWTH_MINUTES_MIN and growth > growth_max:
            run.ledger.fail(f"{name} grew", f"by {growth:.0f} from the second quarter to the last")


def line_of(run: Run, client: Conversation, typist: Typist, latencies_ms: Sequence[float]) -> str:
    now, ledger = run.samples[-1], run.ledger
    roles = ", ".join(f"{role} {megabytes:.0f}" for role, megabytes in now.role_mb.items())
    return (
        f"{now.at / 60:.0f} min: {ledger.requests} requests, {ledger.answers} answers, "
        f"{client.waiting} wait; {percentiles(latencies_ms)} ms; {run.faults.total()} faults, "
        f"{typist.keys} keys, {run.compared} compared; "
        f"{now.rss_mb:.0f} MB ({roles}), {now.processes} processes, "
        f"{now.threads} threads, {now.files} files; {ledger.failures.total()} failures"
    )


def percentiles(values: Sequence[float]) -> str:
    ordered = sorted(values) or [0.0]
    return " / ".join(f"{ordered[int(share * (len(ordered) - 1))]:.0f}" for share in (0.5, 0.95, 1))


def role_quarters(samples: Sequence[Sample]) -> dict[str, list[int]]:
    """The median of each quarter of the run, for each kind of process."""
    size = max(len(samples) // 4, 1)
    quarters = [samples[start : start + size] for start in range(0, 4 * size, size)]
    return {
        role: [round(median([each.role_mb.get(role, 0.0) for each in quarter])) for quarter in quarters]
        for role in ("server", "worker", "indexer", "other")
    }


def median(values: Sequence[float]) -> float:
    return statistics.median(values or [0.0])


def report(run: Run, seed: int) -> dict[str, object]:
    """All but the samples of the first quarter count as warm."""
    warm = run.samples[len(run.samples) // 4 :]
    thirds = [run.samples[:1], run.samples[len(run.samples) // 2 :][:1], run.samples[-1:]]
    return {
        "benchmark": "soak",
        "seed": seed,
        "minutes": round((time.monotonic() - run.began) / 60, 1),
        "model": run.model,
        "requests": run.ledger.requests,
        "answers": run.ledger.answers,
        "cancelled": run.ledger.cancelled,
        "errors": dict(run.ledger.errors),
        "latency_ms_p50_p95_max": percentiles(run.ledger.latencies_ms),
        "faults": dict(run.faults),
        "compared": run.compared,
        "servers": run.servers,
        "rss_mb_start_mid_end": [round(each.rss_mb) for samples in thirds for each in samples],
        "role_mb_quarters": role_quarters(run.samples),
        "rss_mb_max": round(max((each.rss_mb for each in run.samples), default=0)),
        "slopes_per_hour": {name: round(slope_per_hour(warm, name), 1) for name in GROWTH_MAX},
        "processes_median_max": [
            round(median([each.processes for each in warm])),
            max((each.processes for each in warm), default=0),
        ],
        "threads_max": max((each.threads for each in warm), default=0),
        "files_max": max((each.files for each in warm), default=0),
        "processes_seen": len(run.seen),
        "failures": dict(run.ledger.failures),
        "examples": run.ledger.examples,
    }


def model_file(name: str | None) -> str | None:
    """The file of the model, because the server has a home of its own; None for no model."""
    if name == "none":
        return None
    try:
        return str(find(name or default_model("cpu")).path)
    except (ModelNotFoundError, WeightsError) as error:
        if name is not None:
            sys.exit(f"soak: {error}")
        print(f"without a model: {error}")
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description="Type for hours while faults are made.")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", help="a name or a file; `none` for no model")
    parser.add_argument("--source", type=Path, default=Path(sysconfig.get_path("purelib"), "jedi"))
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(ALL_FAULTS))
    parser.add_argument(
        "--patience", type=float, default=1.0, help="multiplies the time that an answer may take"
    )
    parser.add_argument("--keep", type=Path, help="a new folder for workspace, cache and log, which stays")
    arguments = parser.parse_args()
    folder = Path(arguments.keep or tempfile.mkdtemp(prefix="holesmith-soak-")).absolute()
    shutil.copytree(
        arguments.source, folder / "workspace", ignore=shutil.ignore_patterns("third_party", "*.pyc")
    )
    (folder / "cache").mkdir()
    run = Run(folder, arguments.patience, model_file(arguments.model))
    print(f"seed {arguments.seed}, in {folder}", flush=True)
    asyncio.run(soak(run, arguments.minutes, [ALL_FAULTS[name] for name in arguments.only], arguments.seed))
    print(json.dumps(report(run, arguments.seed)), flush=True)
    if not arguments.keep:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(bool(run.ledger.failures))


if __name__ == "__main__":
    main()
