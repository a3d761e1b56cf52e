"""Whatever stands in a row of a data set: a case that can be used, or one line that names file and row."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path

import pytest
from holesmith.evaluation.case import Case
from holesmith.evaluation.errors import EvaluationError, MalformedRowError
from holesmith.evaluation.runs.run_folder import ROWS_NAME, read_rows
from holesmith.evaluation.suites.apieval import ApiConversations, ApiTokens
from holesmith.evaluation.suites.dotprompts import DotPrompts, open_texts
from holesmith.evaluation.suites.humaneval_fim import HumanEvalFIM
from holesmith.evaluation.suites.stack_repo import StackRepo

JAVA = "class A { void f() { b.c(); } }\n"
PYTHON = "import shop\nshop.sell(1)\n"
DEEP = "[" * 100_000


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


NESTED = nested(500)
VALUES: list[object] = [
    None, True, 0, -1, 10**30, -(10**400), 1.5, math.nan, math.inf, "", "\0", "a\0b", "\ud800", ".", "..",
    "../outside.py", "/etc/passwd", "shop/../../outside.py", "shop", "a\nb", "x" * 5_000, "9" * 5_000,
    [], ["\ud800"], [1], {}, {"title": "\udfff", "text": ""}, NESTED,
    [{"title": "\udfff", "text": ""}], [{"title": "t", "text": "", "score": 10**400}],
    "test/amy/shop/A.java_" + "9" * 5_000 + "_1", "test/" + "x" * 5_000 + "/A.java_1_1",
]  # fmt: skip

LINES: list[bytes] = [
    b"{",
    b"\xff\xfe{}\n",
    b"\xef\xbb\xbf[]",
    b"null",
    b"NaN",
    b"1" * 5_000,
    b'"\\ud800"',
    DEEP.encode(),
    b'{"id":' * 50_000,
    b"\0\0\0\0",
]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def stack_repo(root: Path) -> tuple[Path, StackRepo]:
    write(root / "data/test/amy/shop/A.java", JAVA)
    return root / "data/test/amy/hole_and_PP_contexts.json", StackRepo(root)


def dotprompts(root: Path) -> tuple[Path, DotPrompts]:
    write(root / "texts/amy__shop/A.java", JAVA)
    return root / "index.jsonl", DotPrompts(root / "index.jsonl", open_texts(root / "texts"))


def tokens(root: Path) -> tuple[Path, ApiTokens]:
    write(root / "repositories/shop/a.py", PYTHON)
    return root / "rows.jsonl", ApiTokens(root / "rows.jsonl", root / "repositories")


def conversations(root: Path) -> tuple[Path, ApiConversations]:
    write(root / "repositories/shop/a.py", "def sell(count): ...\n")
    return root / "rows.jsonl", ApiConversations(root / "rows.jsonl", root / "repositories")


def humaneval(root: Path) -> tuple[Path, HumanEvalFIM]:
    return root / "rows.jsonl", HumanEvalFIM(root / "rows.jsonl")


Suite = StackRepo | DotPrompts | ApiTokens | ApiConversations | HumanEvalFIM
MakeSuite = Callable[[Path], tuple[Path, Suite]]

SUITES: list[tuple[MakeSuite, dict[str, object]]] = [
    (stack_repo, {"id": "test/amy/shop/A.java_0_24", "question": "q", "target": "c(); } }", "ctxs": []}),
    (
        dotprompts,
        {
            "repo": "amy/shop",
            "classFileName": "A.java",
            "methodStartIdx": JAVA.index("{", 10),
            "methodStopIdx": JAVA.index("}"),
            "dot_idx": JAVA.index("."),
        },
    ),
    (
        tokens,
        {"id": "1", "file": "shop/a.py", "line": 1, "col": 5, "target": "sell", "receiver_kind": "module"},
    ),
    (conversations, {"id": "1", "repo_zip": "shop", "request": "sell it", "target": "sell"}),
    (humaneval, {"name": "a", "language": "py", "prompt": "x", "suffix": "y", "canonical_solution": "z"}),
]


def told(cases: Iterable[Case], file: Path, row: int) -> None:
    """Either all cases can be written down, or what is wrong is one line with file and row."""
    try:
        for case in cases:
            str(astuple(case)).encode()
            "".join((case.id, case.path, case.prefix, case.suffix)).encode()
            assert case.workspace is None or str(file.parents[0]) in case.workspace
            assert ".." not in Path(case.workspace or "").parts
    except MalformedRowError as error:
        message = str(error)
        assert message.startswith(f"{file}, row {row}: ")
        assert "\n" not in message
        message.encode()


@pytest.mark.parametrize(("make", "row"), SUITES)
def test_a_row_with_any_value_in_any_field(
    tmp_path: Path, make: MakeSuite, row: Mapping[str, object]
) -> None:
    file, suite = make(tmp_path)
    write(tmp_path / "outside.py", PYTHON)
    good = json.dumps(row)
    file.write_text(good)
    assert len(list(suite.cases())) == 1
    for name in row:
        for value in VALUES:
            file.write_text(f"{good}\n{json.dumps({**row, name: value})}\n")
            told(suite.cases(), file, 2)


@pytest.mark.parametrize(("make", "row"), SUITES)
@pytest.mark.parametrize("line", LINES, ids=lambda line: repr(line[:9]))
def test_a_line_that_is_no_row_is_named(
    tmp_path: Path, make: MakeSuite, row: Mapping[str, object], line: bytes
) -> None:
    file, suite = make(tmp_path)
    file.write_bytes(json.dumps(row).encode() + b"\n" + line + b"\n")
    with pytest.raises(MalformedRowError) as caught:
        list(suite.cases())
    assert str(caught.value).startswith(f"{file}, row 2: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(("make", "row"), SUITES)
def test_a_byte_order_mark_is_no_fault(tmp_path: Path, make: MakeSuite, row: Mapping[str, object]) -> None:
    file, suite = make(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(row).encode())
    assert len(list(suite.cases())) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"amy/shop,A.java,1,2," + b"9" * 5_000, "'dot_idx' is str"),
        (b"amy/shop,A.java,1,2,3,4,5,6", "the offsets"),
        (b"amy/shop", "'classFileName' is missing"),
        (b"\xff\xfe,A.java,1,2,3", "not CSV"),
        (b"amy/shop," + b"x" * 200_000 + b",1,2,3", "not CSV"),
        (b"..,A.java,1,2,3", "not a path inside"),
        (b"amy/shop,../../outside.py,1,2,3", "not a path inside"),
        (b"a\0b,A.java,1,2,3", "not a path inside"),
    ],
)
def test_a_malformed_row_of_an_index_as_csv_is_named(tmp_path: Path, row: bytes, reason: str) -> None:
    _, suite = dotprompts(tmp_path)
    index = tmp_path / "index.csv"
    heading = b"\xef\xbb\xbfrepo,classFileName,methodStartIdx,methodStopIdx,dot_idx\n"
    index.write_bytes(heading + row + b"\n")
    with pytest.raises(MalformedRowError, match=reason) as caught:
        list(DotPrompts(index, suite.texts).cases())
    assert f"{index}, row 1: " in str(caught.value)


@pytest.mark.parametrize(
    "content", [DEEP, "[]", "1", '{"a": 1}', '{"a": {"b": 1}}', '{"a": {"b": "\\ud800"}}', "\0", "NaN"]
)
def test_packed_texts_of_the_wrong_form_are_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fileContentsByRepo.json"
    path.write_text(content)
    with pytest.raises(EvaluationError, match="fileContentsByRepo") as caught:
        open_texts(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("line", [*LINES, b"{}", b"[]", b'{"samples": 3}', b'{"samples": [], "context": []}'])
def test_a_line_that_is_no_row_of_a_run_is_named(tmp_path: Path, line: bytes) -> None:
    (tmp_path / ROWS_NAME).write_bytes(line.replace(b"\n", b"") + b"\n")
    with pytest.raises(MalformedRowError, match="row 1: not a row of a run"):
        list(read_rows(tmp_path))
