"""RepoFusion's prompt proposals for holes of one repository: all 63, made by context/.

The index is built anew in a folder of the caller's; the indexes of the user's workspaces are not touched.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from holesmith.context.index.build import Workspace, scan
from holesmith.context.index.files import Limits
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules
from holesmith.context.index.reader import Index
from holesmith.context.index.schema import DATABASE_NAME, open_writer
from holesmith.context.request import ContextRequest
from holesmith.context.sources.proposals import Proposer, rules
from holesmith.context.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal.

    ``name`` is ``<source>#<type>#<ratio>`` or ``codex``; ``worth`` is the success rate to expect of its kind,
    0 to 1.
    """

    name: str
    text: str
    worth: float


class ProposalMaker:
    """Makes proposals from an index that it holds open. Use it with ``with``."""

    def __init__(self, root: Path, scratch: Path) -> None:
        """Scan ``root``. The index goes into ``scratch``, an empty folder."""
        self._root = root.resolve()
        connection = open_writer(scratch / DATABASE_NAME)
        try:
            scan(Workspace(self._root, connection, IgnoreRules(self._root), Limits()))
        finally:
            connection.close()
        self._index = Index(scratch / DATABASE_NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.close()

    def proposals(self, path: str, language: str, prefix: str, suffix: str) -> Iterator[Proposal]:
        """Yield all 63 in the published order, including empty ones. ``path`` is relative to the root."""
        request = ContextRequest(self._root, path, language, prefix, suffix)
        proposer = Proposer(Surroundings(request, 0, 0), self._index)
        for rule in rules():
            yield Proposal(rule.name, proposer.text(rule), rule.worth)
