"""What a user types as a model: a name, or a path, which may be relative here and nowhere else."""

from holesmith.engine.store.store import explicit_path


def model_argument(text: str) -> str:
    """For argparse: a path as an absolute one, and a name as it is.

    Relative is what begins with ``./`` or ``../`` or ends in ``.gguf``. What runs the model takes no other
    path than an absolute one, because it cannot know who chose the current folder.
    """
    path = explicit_path(text, relative_paths=True)
    return text if path is None else str(path)
