"""Read the MODEL of a command line: a name, or a path, which may be relative only here."""

from holesmith.engine.store.store import explicit_path


def model_argument(text: str) -> str:
    """Make a path absolute, and return a name unchanged. For argparse.

    A text is a relative path if it begins with ``./`` or ``../`` or ends in ``.gguf``. The engine takes only
    absolute paths, because it cannot know who chose the current folder.
    """
    path = explicit_path(text, relative_paths=True)
    return text if path is None else str(path)
