"""API completion in the shape of LANCE's two tasks; the original APIEval data set is not published.

Results are "APIEval-style". *Token*: the name behind a dot whose receiver is an imported module or class of
the repository, or a variable of such a class. *Conversation*: the API that does what a sentence asks for,
among all APIs of the repository, which retrieval narrows down. docs/manual/evaluation.md describes the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from holesmith.evaluation.case import Case
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.json_lines import SourceRow, read_json_lines, read_source
from holesmith.evaluation.metrics.text_metrics import identifiers
from holesmith.evaluation.slices import length_slice
from holesmith.evaluation.suites.bm25 import BM25
from holesmith.evaluation.suites.python_apis import Api, apis_of

Task = Literal["token", "conversation"]


@dataclass(frozen=True, slots=True)
class ApiTokens:
    """The token task.

    Rows have ``id``, ``repo_zip``, ``file``, ``line`` and ``col`` (both from 0), ``target``, and the receiver
    as far as it is known. ``file`` is relative to ``repositories``; its first part is the repository's
    folder.
    """

    rows: Path
    repositories: Path

    def cases(self) -> Iterator[Case]:
        """Yield the cases.

        Raises EvaluationError for a missing file, MalformedRowError for a row that does not fit its file.
        """
        for row in read_json_lines(self.rows):
            yield self._case(row)

    def _case(self, row: SourceRow) -> Case:
        file, target = row.path("file"), row.text("target")
        repository, _, path = file.partition("/")
        try:
            text = read_source(self.repositories / file)
        except EvaluationError as error:
            raise row.error(str(error)) from None
        start = offset_of(text, row.integer("line"), row.integer("col"))
        if start is None or not text.startswith(target, start):
            raise row.error(f"{target!r} does not stand at this place of {file}")
        stop = text.find("\n", start)
        shown_before = target in identifiers(text[:start], "python")
        return Case(
            id=row.text("id"),
            repository=repository,
            path=path,
            language="python",
            prefix=text[:start],
            suffix=text[stop:] if stop >= 0 else "",
            target=target,
            extent="identifier",
            workspace=str((self.repositories / repository).resolve()),
            slices={
                "repository": repository,
                "receiver": row.text("receiver_kind"),
                "bucket": "in the prefix" if shown_before else "absent from the prefix",
                "length": length_slice(target),
            },
            facts={"task": "token"},
        )


def offset_of(text: str, line: int, column: int) -> int | None:
    """Return the offset of a line and a column, both from 0; None if the text has no such place."""
    if line < 0:
        return None
    start = 0
    for _ in range(line):
        start = text.find("\n", start) + 1
        if start == 0:
            return None
    return start + column if 0 <= column <= len(text) - start else None


@dataclass(slots=True)
class ApiConversations:
    """The conversation task.

    Rows have ``id``, ``repo_zip``, ``request`` (a sentence) and ``target`` (the API's bare name). The
    ``candidates`` best APIs by BM25 over names and parameters go into the prompt. Documentation is not
    searched, because requests are made from it.
    """

    rows: Path
    repositories: Path
    candidates: int = 10
    _apis: dict[str, tuple[list[Api], BM25]] = field(default_factory=dict[str, tuple[list[Api], BM25]])

    def cases(self) -> Iterator[Case]:
        """Yield the cases.

        Raises EvaluationError for a missing file or repository, MalformedRowError for a malformed row.
        """
        for row in read_json_lines(self.rows):
            yield self._case(row)

    def _case(self, row: SourceRow) -> Case:
        repository, request = row.path("repo_zip"), row.text("request")
        if not (self.repositories / repository).is_dir():
            raise row.error(f"{self.repositories / repository}: no such repository")
        apis, index = self._index(repository)
        ranked = [apis[place] for place, _ in index.best(request, self.candidates)]
        names = [api.name for api in ranked]
        target = row.text("target")
        return Case(
            id=row.text("id"),
            repository=repository,
            path="request.py",
            language="python",
            prefix=conversation_prompt(ranked, request),
            suffix="",
            target=target,
            extent="line",
            workspace=str((self.repositories / repository).resolve()),
            slices={"repository": repository, "retrieved": "yes" if target in names else "no"},
            facts={"task": "conversation", "candidates": names},
        )

    def _index(self, repository: str) -> tuple[list[Api], BM25]:
        if repository not in self._apis:
            apis = [api for api in apis_of(self.repositories / repository) if api.is_public]
            self._apis[repository] = apis, BM25([f"{api.qualified_name} {api.parameters}" for api in apis])
        return self._apis[repository]


def conversation_prompt(candidates: list[Api], request: str) -> str:
    """Write a request as code to complete: the retrieved APIs, best last, the sentence, a begun call."""
    lines = ["# APIs of this repository:"]
    lines += [f"# {api.qualified_name}{api.parameters}" for api in reversed(candidates)]
    lines += [
        "",
        f"# Request: {request}",
        "# Call the one API of the list above that does this.",
        "result = ",
    ]
    return "\n".join(lines)
