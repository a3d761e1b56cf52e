"""The type that every command's ``add_parser`` takes."""

import argparse

# argparse has no public name for what add_subparsers() returns.
Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
