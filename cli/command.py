"""The type that every command's ``add_parser`` takes."""

import argparse
from typing import TypeAlias

# argparse has no public name for what add_subparsers() returns, and it is generic for type checkers only.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
