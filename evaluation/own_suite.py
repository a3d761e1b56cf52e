"""The suite that comes with the program: small holes written for it, in Python and Java, to notice any
change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files

from holesmith.evaluation.case import Case
from holesmith.evaluation.json_lines import SourceRow, read_json_lines

HOLE_MARK = "⟦hole⟧"


@dataclass(frozen=True, slots=True)
class OwnSuite:
    """Each row: ``id``, ``path``, ``language``, ``kind``, ``text`` with one mark for the hole, ``target``."""

    def cases(self) -> Iterator[Case]:
        with as_file(files("holesmith.evaluation").joinpath("own_suite.jsonl")) as file:
            for row in read_json_lines(file):
                yield _case(row)


def _case(row: SourceRow) -> Case:
    parts = row.text("text").split(HOLE_MARK)
    if len(parts) != 2:
        raise row.error(f"'text' has {len(parts) - 1} holes, not one")
    kind = row.text("kind")
    return Case(
        id=row.text("id"),
        repository="own",
        path=row.text("path"),
        language=row.text("language"),
        prefix=parts[0],
        suffix=parts[1],
        target=row.text("target"),
        extent="statement" if kind == "body" else "line",
        slices={"kind": kind, "language": row.text("language")},
    )
