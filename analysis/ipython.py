"""Names that IPython defines in every cell of a notebook, and in the cells of a script."""

import re

IPYTHON_NAMES = frozenset(
    ("In", "Out", "_", "__", "___", "_dh", "_i", "_ih", "_ii", "_iii", "_oh", "display", "exit")
) | frozenset(("get_ipython", "quit"))
_CELL = re.compile(r"^# ?%%", re.MULTILINE)


def is_notebook(path: str | None, text: str) -> bool:
    """True if a document is a notebook, or a script that its author runs cell by cell."""
    return (path is not None and path.endswith(".ipynb")) or _CELL.search(text) is not None
