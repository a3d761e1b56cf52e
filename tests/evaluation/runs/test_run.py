"""Runs: the same rows in any order, after any interruption, from any number of workers."""

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from holesmith.engine.errors import EngineError
from holesmith.engine.interface import Engine
from holesmith.evaluation.configuration import Configuration, Named, grid_of
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.row import Row
from holesmith.evaluation.runs.pool import LocalPool, ProcessPool, order_of, rows_of
from holesmith.evaluation.runs.run import Run, drawn, unique
from holesmith.evaluation.runs.run_folder import PLAN_NAME, ROWS_NAME, RunFolder, read_plan, read_rows
from holesmith.evaluation.runs.task import AnswerTask, OrderTask
from holesmith.evaluation.runs.worker import Worker, WorkerSetup

from tests.evaluation.scripted_run import CONFIGURATIONS, cases, execute, stable
from tests.fakes import FakeEngine

PRIOR = CONFIGURATIONS[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The rows of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    execute(folder)
    return rows_in(folder)


def rows_in(folder: Path) -> list[dict[str, object]]:
    return [stable(row) for row in read_rows(folder)]


def by_key(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: (str(row["configuration"]), str(row["case"])))


def test_every_case_has_one_row_under_every_configuration(whole: list[dict[str, object]]) -> None:
    keys = {(row["configuration"], row["case"]) for row in whole}
    assert len(whole) == len(keys) == len(cases()) * len(CONFIGURATIONS)
    assert all(row["error"] is None for row in whole)


def test_a_run_done_again_gives_the_same_rows(whole: list[dict[str, object]], tmp_path: Path) -> None:
    execute(tmp_path)
    assert rows_in(tmp_path) == whole
    before = (tmp_path / ROWS_NAME).read_bytes()
    execute(tmp_path)
    assert (tmp_path / ROWS_NAME).read_bytes() == before


def test_the_order_changes_nothing_but_the_order(whole: list[dict[str, object]], tmp_path: Path) -> None:
    execute(tmp_path, order="first-come")
    found = rows_in(tmp_path)
    assert found != whole
    assert by_key(found) == by_key(whole)


def test_samples_differ_in_temperature_and_give_scores_at_k(whole: list[dict[str, object]]) -> None:
    row = next(row for row in read_rows_of("sampled", whole))
    scores = row["scores"]
    assert isinstance(scores, dict)
    assert {"exact_match@1", "exact_match@3"} <= set(scores)


def read_rows_of(configuration: str, rows: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    return (row for row in rows if row["configuration"] == configuration)


def test_seeds_are_of_the_case_and_the_sample_not_of_the_order() -> None:
    engine = FakeEngine("x")
    worker = Worker(WorkerSetup("repo", "cpu", loader=lambda options: engine))
    named = CONFIGURATIONS[3]
    for case in (*cases(3), *reversed(cases(3))):
        worker.answer(named, case)
    worker.close()
    seeds = [request.sampling.seed for request in engine.requests]
    first, again = seeds[:9], seeds[9:]
    assert [again[6:], again[3:6], again[:3]] == [first[:3], first[3:6], first[6:]]
    assert len(set(first)) == 9


def test_prompts_that_share_a_beginning_are_neighbours() -> None:
    engine = FakeEngine("x")
    pool = LocalPool(WorkerSetup("repo", "cpu", loader=lambda options: engine))
    some = cases(20)
    order = order_of(pool, OrderTask(PRIOR.configuration, some))
    assert sorted(order) == list(range(20))
    files = [some[place].path for place in order]
    assert sum(a != b for a, b in pairwise(files)) == len(set(files)) - 1
    pool.close()


def test_configurations_with_the_same_prompt_answer_a_case_one_after_another(tmp_path: Path) -> None:
    start = Configuration(tokens_max=24, context=False)
    grid = grid_of(start, ["monitor=on,off", "mode=pipeline,prior"])
    run = Run(lambda: iter(cases(6)), grid)
    pool = LocalPool(WorkerSetup("repo", "cpu", loader=lambda options: FakeEngine("x\n")))
    with RunFolder(tmp_path, {}) as folder:
        run.execute(pool, folder, lambda row: None)
    pool.close()
    rows = [(row.case, "pipeline" in row.configuration) for row in read_rows(tmp_path)]
    together = [case for case, is_pipeline in rows if is_pipeline]
    assert together[::2] == together[1::2]
    assert len(rows) == len(set(rows)) * 2 == 24


def test_a_torn_row_is_done_again_and_nothing_twice(whole: list[dict[str, object]], tmp_path: Path) -> None:
    execute(tmp_path)
    rows = tmp_path / ROWS_NAME
    lines = rows.read_bytes().splitlines(keepends=True)
    for keep, torn in ((40, b'{"configuration": "prior", "ca'), (0, b""), (7, lines[7][:-1])):
        rows.write_bytes(b"".join(lines[:keep]) + torn)
        execute(tmp_path)
        assert rows_in(tmp_path) == whole


def test_killed_at_ten_random_moments_the_run_ends_the_same(
    whole: list[dict[str, object]], tmp_path: Path
) -> None:
    """Each process is killed outright after a random number of rows; the next one goes on."""
    chance = random.Random(5)
    program = Path(__file__).parents[1] / "scripted_run.py"
    rows = tmp_path / ROWS_NAME
    lengths: list[int] = []
    for _ in range(10):
        wanted = (lengths[-1] if lengths else 0) + chance.randint(1, 8)
        process = subprocess.Popen([sys.executable, "-P", str(program), str(tmp_path), "0.002"])
        while process.poll() is None and len(lines_of(rows)) < wanted:
            pass
        process.kill()
        process.wait()
        lengths.append(len(lines_of(rows)))
        assert lengths[-1] < len(whole)
    execute(tmp_path)
    assert rows_in(tmp_path) == whole
    assert lengths == sorted(set(lengths))


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []


def test_a_folder_of_another_plan_is_refused(tmp_path: Path) -> None:
    with RunFolder(tmp_path, {"suite": "repo", "seed": 0}):
        pass  # without a row it may become any run's
    with RunFolder(tmp_path, {"suite": "repo", "seed": 1}) as folder:
        folder.append(Row("one", "1", "shop", "a.py", {}, "x", "", "", "", 1, (), {}))
    with (
        pytest.raises(EvaluationError, match="another seed"),
        RunFolder(tmp_path, {"suite": "repo", "seed": 2}),
    ):
        pass


def test_a_run_is_resumed_later_and_elsewhere_and_keeps_with_what_it_was_begun(tmp_path: Path) -> None:
    with RunFolder(tmp_path, {"suite": "repo", "made": {"date": "yesterday"}}) as folder:
        folder.append(Row("one", "1", "shop", "a.py", {}, "x", "", "", "", 1, (), {}))
    with RunFolder(tmp_path, {"suite": "repo", "made": {"date": "today"}}) as folder:
        assert folder.done
    assert read_plan(tmp_path)["made"] == {"date": "yesterday"}


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with (
        RunFolder(tmp_path, {"suite": "repo"}),
        pytest.raises(EvaluationError, match="another run is writing"),
        RunFolder(tmp_path, {"suite": "repo"}),
    ):
        pass


def test_a_row_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / PLAN_NAME).write_text("{}")
    (tmp_path / ROWS_NAME).write_text('{"configuration": 1}\n')
    with pytest.raises(EvaluationError, match=r"rows\.jsonl, row 1"):
        list(read_rows(tmp_path))


def test_a_case_that_fails_is_a_row_with_the_reason(tmp_path: Path) -> None:
    pool = LocalPool(
        WorkerSetup("repo", "cpu", loader=lambda options: FakeEngine("x", error=EngineError("no memory")))
    )
    with RunFolder(tmp_path, {}) as folder:
        Run(lambda: cases(3), [PRIOR]).execute(pool, folder, lambda row: None)
    pool.close()
    assert [(row.error, row.scores) for row in read_rows(tmp_path)] == [("no memory", {})] * 3


def crashing_loader(options: object) -> Engine:
    raise EngineError(f"no model for {type(options).__name__}")


def test_several_workers_give_the_rows_of_one() -> None:
    setup = WorkerSetup("repo", "cpu")
    named = Named("retrieval", Configuration(mode="retrieval"))
    some = [replace(case, facts={"candidates": [case.target, "b"]}) for case in cases(12)]
    tasks = [AnswerTask(named, case) for case in some]
    alone, together = LocalPool(setup), ProcessPool([setup, setup])
    try:
        expected = [stable(row) for row in rows_of(alone, [tasks])]
        found = [stable(row) for row in rows_of(together, [tasks[:5], tasks[5:8], tasks[8:]])]
    finally:
        alone.close()
        together.close()
    assert by_key(found) == by_key(expected)
    assert next(row["scores"] for row in expected)


def test_a_worker_process_tells_why_it_can_not_go_on() -> None:
    pool = ProcessPool([WorkerSetup("repo", "cpu")])
    try:
        task = AnswerTask(Named("r", Configuration(mode="retrieval")), cases(1)[0])
        with pytest.raises(EngineError, match="ranks no candidates"):
            list(rows_of(pool, [[task]]))
    finally:
        pool.close()


def test_a_worker_process_that_dies_is_told() -> None:
    pool = ProcessPool([WorkerSetup("no such suite", "cpu")])
    try:
        case = replace(cases(1)[0], facts={"candidates": ["a"]})
        with pytest.raises(EvaluationError, match="start the same command again"):
            list(rows_of(pool, [[AnswerTask(Named("r", Configuration(mode="retrieval")), case)]]))
    finally:
        pool.close()


def test_a_grid_is_every_combination_each_once() -> None:
    grid = grid_of(Configuration(), ["context=on,off", "prompt-tokens-max=256,512", "mode=pipeline"])
    assert len(grid) == 4
    assert len({named.name for named in grid}) == 4
    assert {(each.configuration.context, each.configuration.prompt_tokens_max) for each in grid} == {
        (True, 256),
        (True, 512),
        (False, 256),
        (False, 512),
    }
    assert "context=off" in grid[-1].name


@pytest.mark.parametrize(
    "axis", ["colour=red", "context", "context=maybe", "mode=magic", "tokens_max=0", "seed=x"]
)
def test_a_wrong_axis_is_told(axis: str) -> None:
    with pytest.raises(EvaluationError, match="--grid"):
        grid_of(Configuration(), [axis])


def test_a_draw_is_a_matter_of_seed_and_not_of_order() -> None:
    some = cases(20)
    chosen = drawn(some, 6, seed=1)
    assert {case.id for case in drawn(list(reversed(some)), 6, seed=1)} == {case.id for case in chosen}
    assert [case.id for case in chosen] != [case.id for case in drawn(some, 6, seed=2)]
    assert len(list(unique([*some, *some]))) == 20
    assert len(drawn(some, 100, seed=0)) == 20


def test_the_loader_of_the_setup_is_the_one_that_loads() -> None:
    worker = Worker(WorkerSetup("repo", "cpu", loader=crashing_loader))
    with pytest.raises(EngineError, match="no model for Options"):
        worker.answer(PRIOR, cases(1)[0])
    worker.close()
