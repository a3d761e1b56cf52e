"""HumanEval-FIM, the single lines of the SantaCoder paper in Python, Java and JavaScript, from JSON lines.

Rows have ``name``, ``language``, ``prompt``, ``suffix`` and ``canonical_solution``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holesmith.evaluation.case import Case
from holesmith.evaluation.json_lines import SourceRow, read_json_lines

_LANGUAGES = {"py": "python", "js": "javascript", "java": "java"}


@dataclass(frozen=True, slots=True)
class HumanEvalFIM:
    """The suite.

    The rows have no line break between prompt, line and suffix; ``whole_lines`` inserts the breaks. As
    published, the model writes the break first. An editor's document always has it.
    """

    file: Path
    whole_lines: bool = False

    def cases(self) -> Iterator[Case]:
        """Yield the cases.

        Raises EvaluationError for a missing file, MalformedRowError for a row that is not of this form.
        """
        for row in read_json_lines(self.file):
            yield self._case(row)

    def _case(self, row: SourceRow) -> Case:
        name, short = row.text("name"), row.text("language")
        prefix, suffix = row.text("prompt"), row.text("suffix")
        if self.whole_lines:
            prefix += "" if prefix.endswith("\n") else "\n"
            suffix = suffix if suffix.startswith("\n") else "\n" + suffix
        return Case(
            id=f"{short}/{name}",
            repository="humaneval",
            path=f"{name}.{short}",
            language=_LANGUAGES.get(short, short),
            prefix=prefix,
            suffix=suffix,
            target=row.text("canonical_solution"),
            extent="full_line",
            slices={"language": short},
        )
