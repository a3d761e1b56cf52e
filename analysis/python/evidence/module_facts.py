"""The facts of the modules that jedi has read, such as those of a library."""

from typing import Any

from holesmith.analysis.python.evidence.file_facts import FileFacts, facts_of
from holesmith.analysis.python.parsing.project_memo import project_memo


def facts_of_module(context: Any, root: Any) -> FileFacts:
    """Return the facts of a module; they are kept with the inference state of ``context``.

    ``root`` is jedi's context of the module, which must have a tree.
    """
    kept = project_memo(context.inference_state).facts_of_modules
    if root.tree_node not in kept:
        kept[root.tree_node] = facts_of("".join(root.code_lines or ()))
    return kept[root.tree_node]


def path_of_module(root: Any) -> str | None:
    """Return the path of the file of a module; None if it has none."""
    file = root.py__file__() if hasattr(root, "py__file__") else None
    return None if file is None else str(file)
