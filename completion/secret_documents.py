"""Documents that hold secrets: nothing of them is told to anybody, be it a model or the client of another."""

from holesmith.analysis.files.secrets import is_secret
from holesmith.completion.snapshot import Snapshot

WITHHELD = "nothing is told of files that hold secrets"


def is_withheld(snapshot: Snapshot) -> bool:
    return is_secret(snapshot.path)
