"""The kinds of holes that can be cut from a repository; repository_holes.py explains each."""

from typing import Literal, get_args

HoleKind = Literal["attribute", "argument", "import", "line", "statement", "body"]
HOLE_KINDS: tuple[HoleKind, ...] = get_args(HoleKind)
