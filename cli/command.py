"""The type of the argument of ``add_parser``, which every command defines."""

import argparse
from typing import TypeAlias

# argparse has no public name for what add_subparsers() returns, and it is generic for type checkers only.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
