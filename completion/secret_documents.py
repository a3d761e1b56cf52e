"""Documents that hold secrets: neither a model nor a client gets anything of their text."""

from holesmith.analysis.files.secrets import is_secret, is_secret_file
from holesmith.completion.snapshot import Snapshot

WITHHELD = "nothing is told of files that hold secrets"


def is_withheld(snapshot: Snapshot) -> bool:
    """True if a document is a secret by its path, by the file that a link leads to, or by its address."""
    return is_secret_file(snapshot.path) or is_secret(snapshot.address)
