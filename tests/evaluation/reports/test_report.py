"""Tables and pages: numbers that can be checked by hand, and a page that is safe and stands alone."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.metrics.bootstrap import interval_of, randomisation_p
from holesmith.evaluation.reports.comparison import comparison_text
from holesmith.evaluation.reports.report_page import ROWS_MAX, evenly, report_page
from holesmith.evaluation.reports.reporting import compare, summarise, write_reports
from holesmith.evaluation.reports.summary import (
    Difference,
    aligned,
    median,
    short_names,
    summary_of,
    summary_text,
)
from holesmith.evaluation.row import Row, SampleRow, row_of
from holesmith.evaluation.runs.run_folder import PLAN_NAME, ROWS_NAME, read_plan


def row(case: str, score: float, configuration: str = "one", path: str = "a.py", **slices: str) -> Row:
    sample = SampleRow("x", {"match": score}, "enough", 3, 0.0)
    return Row(
        configuration=configuration,
        case=case,
        repository="shop",
        path=path,
        slices=slices,
        target="</script><b>target",
        before="before",
        after="after",
        prompt="prompt",
        prompt_tokens=1,
        samples=(sample,),
        scores={"match": score},
        timings_ms={"total": 10.0},
    )


ROWS = [
    row("1", 1, path="a.py", kind="call"),
    row("2", 0, path="a.py", kind="name"),
    row("3", 1, path="b.py", kind="call"),
    row("4", 1, path="c.py", kind="name"),
    row("1", 0, "two", path="a.py", kind="call"),
    row("2", 0, "two", path="a.py", kind="name"),
    row("3", 1, "two", path="b.py", kind="call"),
]


def write_run(folder: Path, rows: list[Row]) -> Path:
    folder.mkdir()
    (folder / PLAN_NAME).write_text('{"suite": "repo", "note": "<&"}')
    (folder / ROWS_NAME).write_bytes(b"".join(each.as_line() for each in rows))
    return folder


def test_a_row_survives_its_line() -> None:
    assert row_of(ROWS[0].as_line()) == ROWS[0]
    assert ROWS[0].as_line().count(b"\n") == 1


def test_means_slices_and_differences() -> None:
    summary = summary_of(ROWS)
    means = {
        (each.configuration, each.slice, each.value): (each.interval.mean, each.interval.count)
        for each in summary.results
    }
    assert means[("one", "", "")] == (0.75, 4)
    assert means[("one", "kind", "name")] == (0.5, 2)
    assert means[("two", "", "")] == (pytest.approx(1 / 3), 3)
    (difference,) = summary.differences
    assert (difference.first, difference.second) == ("one", "two")
    assert difference.interval.mean == pytest.approx(-1 / 3)
    assert (difference.interval.count, difference.better, difference.worse) == (3, 0, 1)


def test_an_interval_contains_its_mean_and_narrows_with_more_files() -> None:
    few = interval_of([1, 0, 1, 1], ["a", "b", "c", "d"])
    many = interval_of([1, 0, 1, 1] * 25, [f"{number}" for number in range(100)])
    assert few.low <= few.mean == many.mean <= few.high
    assert many.high - many.low < few.high - few.low
    assert interval_of([1, 0, 1, 1], ["a", "b", "c", "d"]) == few


def test_holes_of_one_file_count_as_one_thing() -> None:
    values = [1.0] * 20 + [0.0] * 20
    alone = interval_of(values, [f"{number}" for number in range(40)])
    together = interval_of(values, ["a"] * 20 + ["b"] * 20)
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert together.clusters == 2


def test_the_p_value_of_few_files_is_exact() -> None:
    # three files of the same sign: two of the eight ways to toss reach the observed sum
    assert randomisation_p([1, 1, 1], ["a", "b", "c"]) == pytest.approx(2 / 8)
    assert randomisation_p([0, 0], ["a", "b"]) == 1.0
    assert randomisation_p([1.0] * 40, [f"{number}" for number in range(40)]) < 0.001
    balanced = [1.0, -1.0] * 20
    assert randomisation_p(balanced, [f"{number}" for number in range(40)]) > 0.5


def test_median() -> None:
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned(["a | b", "ccc | d", "", "e | f"]) == ["a    b", "ccc  d", "", "e  f"]


def test_the_text_says_what_sets_configurations_apart() -> None:
    rows = [replace(each, configuration=f"mode=prior n={each.configuration}") for each in ROWS]
    text = summary_text(summary_of(rows, ["mode=prior n=two", "mode=prior n=one"]))
    assert text.startswith("all with mode=prior\n")
    assert re.search(r"n=one +4 +3 +75\.0 \(", text)
    assert re.search(r"minus n=two .*\nn=one +match +33\.3", text)
    assert "total 10" in text


def test_names_without_what_all_have() -> None:
    assert short_names(["a=1 b=2", "a=1 b=3"]) == ({"a=1 b=2": "b=2", "a=1 b=3": "b=3"}, "a=1")
    assert short_names(["a=1", "a=1 b=3"]) == ({"a=1": "a=1", "a=1 b=3": "b=3"}, "a=1")
    assert short_names(["a=1"]) == ({"a=1": "a=1"}, "")


def test_configurations_keep_the_order_of_the_plan(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", ROWS)
    (folder / PLAN_NAME).write_text('{"configurations": {"two": {}, "none": {}, "one": {}}}')
    assert summarise(folder).names == ["two", "one"]


def test_times_stand_in_a_column_for_each_stage_and_cold_prompts_in_a_row_of_their_own(
    tmp_path: Path,
) -> None:
    cold = replace(
        ROWS[0], timings_ms={"prefill": 1234.0, "total": 1300.0}, prompt_tokens=10, prefilled_tokens=10
    )
    known = replace(
        ROWS[1], timings_ms={"prefill": 4.0, "total": 100.0}, prompt_tokens=10, prefilled_tokens=1
    )
    folder = write_run(tmp_path / "run", [cold, known])
    summary = summarise(folder)
    write_reports(folder, summary_text(summary), summary)
    page = (folder / "report.html").read_text()
    heads = re.search(r"<tr><th>configuration</th><th>prompts</th>(.*?)</tr>", page)
    assert heads is not None
    assert heads[1] == "<th>total</th><th>prefill</th>"
    assert '<td>cold</td><td class="number">1,300</td><td class="number">1,234</td>' in page
    assert '<td>all</td><td class="number">700</td><td class="number">619</td>' in page


def test_the_page_stands_alone_and_shows_text_as_text(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", ROWS)
    summary = summarise(folder)
    write_reports(folder, summary_text(summary), summary)
    page = (folder / "report.html").read_text()
    assert not re.search(r"""(?:src|href)\s*=|https?://|@import|url\(""", page)
    assert page.count("</script>") == 2
    assert "<b>target" not in page
    assert "&lt;&amp;" in page
    assert not re.search(r"__[A-Z_]+__", page)
    data = json.loads(re.findall(r'<script id="data"[^>]*>(.*?)</script>', page, re.S)[0])
    assert {each["target"] for each in data["rows"]} == {"</script><b>target"}
    assert len(data["rows"]) == len(ROWS)
    assert [(each["first"], each["second"]) for each in data["differences"]] == [("one", "two")]
    assert json.loads((folder / "summary.json").read_text())["results"]


def test_a_long_run_shows_an_even_part_of_its_cases_with_all_their_rows(tmp_path: Path) -> None:
    rows = [row(f"{number:05}", 1, name) for name in ("one", "two") for number in range(ROWS_MAX)]
    page = report_page(read_plan(write_run(tmp_path / "run", ROWS)), rows, summary_of(rows[:10]))
    assert f"{ROWS_MAX // 2} of {ROWS_MAX} cases" in page
    assert page.count('"case": "00000"') == 2
    assert evenly(["a", "b", "c", "d", "e", "f"], 3) == ["a", "c", "e"]


def test_two_runs_are_compared_on_the_cases_that_both_have(tmp_path: Path) -> None:
    first = write_run(tmp_path / "first", ROWS[:4])
    second = write_run(tmp_path / "second", [row("2", 1), row("3", 1, path="b.py"), row("9", 0)])
    (difference,) = compare(first, second)
    assert difference.interval.mean == 0.5
    assert difference.interval.count == 2
    other = write_run(tmp_path / "other", [row("9", 1)])
    with pytest.raises(EvaluationError, match="no scored case in common"):
        compare(first, other)


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="not the folder of a run"):
        compare(tmp_path, tmp_path)
    empty = write_run(tmp_path / "empty", [])
    with pytest.raises(EvaluationError, match="no rows yet"):
        summarise(empty)


def timed(case: str, configuration: str, prefilled: int | None, total_ms: float) -> Row:
    return replace(
        row(case, 1, configuration),
        prompt_tokens=1_000,
        prefilled_tokens=prefilled,
        timings_ms={"total": total_ms},
    )


def test_what_new_prompts_cost_stands_apart_from_what_the_cache_saves() -> None:
    rows = [timed("1", "off", 1_000, 2_000.0), timed("1", "on", 4, 120.0), timed("2", "on", 990, 2_100.0)]
    off, on = summary_of(rows, ("off", "on")).costs
    assert (off.prefilled_tokens, off.cold, off.cold_stages_ms) == (1_000, 1, {"total": 2_000.0})
    assert (on.prefilled_tokens, on.cold, on.cold_stages_ms) == (497, 1, {"total": 2_100.0})
    text = summary_text(summary_of(rows))
    assert "new to the model" in text
    assert "total 2100" in text
    page = report_page({"suite": "repo"}, rows, summary_of(rows))
    assert "Time of a completion, cold prompt" in page
    assert "Time of a completion, prompt known in part" in page


def test_rows_of_before_prompts_were_counted_are_still_reported() -> None:
    rows = [timed("1", "off", None, 2_000.0)]
    (cost,) = summary_of(rows).costs
    assert (cost.prefilled_tokens, cost.cold) == (None, 0)
    assert "Time of a completion</text>" in report_page({"suite": "repo"}, rows, summary_of(rows))


def test_a_page_says_with_what_its_run_was_made() -> None:
    made = {"models": ["tiny<"], "version": "1.2", "date": "2026-12-01", "machine": "Linux, 2 cores"}
    page = report_page({"suite": "repo", "made": made}, ROWS, summary_of(ROWS))
    assert "tiny&lt;, Holesmith 1.2, 2026-12-01, Linux, 2 cores." in page


def test_a_comparison_names_each_pair_once_and_what_all_have_in_common_above() -> None:
    interval = interval_of([0.0, 1.0], ["a", "b"])
    pairs = [("context=off monitor=on", "context=on monitor=on"), ("x=1 monitor=on", "x=1 monitor=on")]
    differences = [
        Difference(first, second, metric, interval, 0.5, 1, 0)
        for first, second in pairs
        for metric in ("exact", "similar")
    ]
    lines = comparison_text(differences).splitlines()
    assert lines[0] == "all with monitor=on"
    assert [line.split("  ")[0] for line in lines[3:]] == ["context=on - context=off", "", "x=1", ""]
    assert "monitor" not in "".join(lines[1:])
