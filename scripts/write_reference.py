"""Write the pages of ``docs/reference`` that the code itself determines: the command line and the settings.

Run ``.venv/bin/python -P scripts/write_reference.py`` after a change of a flag or a setting;
``tests/scripts/test_write_reference.py`` fails until the pages are up to date.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from holesmith.cli.main import parser as holesmith_parser
from holesmith.lsp.client.settings_schema import settings_table

ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- Written by scripts/write_reference.py; edit the code that it names, not this page. -->"

CLI_HEAD = f"""# The command line

{NOTE}

`holesmith COMMAND --help` prints the same. Lines count from 1, columns from 0. A command ends with 0
after success, with 1 after a failure, which is one line on standard error, with 2 after wrong usage, and
with 130 when it is interrupted. `holesmith --version` prints the version. Source: the parsers in `cli/`.
"""

SETTINGS_HEAD = f"""# Settings

{NOTE}

Every setting of the language server. [The manual](../manual/settings.md) says where to write them and which
ones are worth a look. `lsp/settings.schema.json` has the same as a JSON schema; `holesmith lsp
--settings-schema` prints it. Source: `RULES` in `lsp/settings.py`.
"""

SHARED_HEAD = """## holesmith eval SUITE

The options that every suite has. The default "by suite" is the published setting of the suite, where there is
one.
"""


def pages() -> dict[Path, str]:
    """The text of each generated page, by its path."""
    reference = ROOT / "docs" / "reference"
    return {
        reference / "cli.md": cli_page(holesmith_parser()),
        reference / "settings.md": f"{SETTINGS_HEAD}\n{settings_table()}\n",
    }


def cli_page(top: argparse.ArgumentParser) -> str:
    """The page of all commands. What every suite of ``eval`` has in common is listed once."""
    commands = list(commands_of(top))
    suites = [command for command, _ in commands if command.get_default("suite") is not None]
    shared = shared_options(suites)
    parts = [CLI_HEAD]
    for command, summary in commands:
        if suites and command is suites[0]:
            parts.append(f"{SHARED_HEAD}\n{option_table(shared.values())}")
        own = [
            action for action in actions_of(command) if not (command in suites and key_of(action) in shared)
        ]
        parts.append(command_section(command, summary, own))
    return "\n".join(parts)


def command_section(command: argparse.ArgumentParser, summary: str, actions: list[argparse.Action]) -> str:
    """One command: its usage, what it does, its arguments and its options."""
    arguments = [action for action in actions if not action.option_strings]
    options = [action for action in actions if action.option_strings]
    words = [command.prog, *(argument_name(action) for action in arguments)]
    if options:
        words.append("[OPTIONS]")
    text = f"## {command.prog}\n\n`{' '.join(words)}`: {summary}.\n"
    described = [action for action in arguments if action.help]
    if described:
        text += "\n" + "".join(f"- `{argument_name(action)}`: {action.help}\n" for action in described)
    return f"{text}\n{option_table(options)}" if options else text


def option_table(options: Iterable[argparse.Action]) -> str:
    """The options as rows of Markdown."""
    rows = ["| option | default | meaning |", "|---|---|---|"]
    rows += [
        f"| `{escaped(option_usage(action))}` | {default_of(action)} | {escaped(action.help or '')} |"
        for action in options
    ]
    return "\n".join(rows) + "\n"


def shared_options(suites: list[argparse.ArgumentParser]) -> Mapping[str, argparse.Action]:
    """The options that all suites have, by their name; a default that differs is marked as such."""
    tables = [{key_of(action): action for action in actions_of(suite)} for suite in suites]
    shared = {key: action for key, action in tables[0].items() if all(key in table for table in tables)}
    for key, action in shared.items():
        if any(table[key].default != action.default for table in tables):
            action.default = "by suite"
    return shared


def commands_of(
    parser: argparse.ArgumentParser, summary: str = ""
) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Each command that can be run, with what it does in a few words, in the order of the help text."""
    groups = [
        action
        for action in all_actions(parser)
        if isinstance(action.choices, dict) and not action.option_strings
    ]
    if not groups:
        yield parser, summary
    for group in groups:
        named = cast("list[argparse.Action]", vars(group)["_choices_actions"])
        summaries = {choice.dest: choice.help or "" for choice in named}
        for name, command in cast("dict[str, argparse.ArgumentParser]", group.choices).items():
            yield from commands_of(command, summaries[name])


def actions_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments and options of a parser, without ``--help``."""
    return [action for action in all_actions(parser) if action.dest != "help"]


def all_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    # argparse has no public way to list them, and its help text is laid out differently by each Python.
    return cast("list[argparse.Action]", vars(parser)["_actions"])


def key_of(action: argparse.Action) -> str:
    return action.option_strings[-1] if action.option_strings else action.dest


def argument_name(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest)
    return {"?": f"[{name}]", "+": f"{name}…"}.get(str(action.nargs), name)


def option_usage(action: argparse.Action) -> str:
    """``--lines auto|single|multi``, ``--json`` or ``--model M``."""
    option = action.option_strings[-1]
    if action.nargs == 0:
        return option
    if action.choices is not None:
        return f"{option} {'|'.join(str(choice) for choice in action.choices)}"
    return f"{option} {action.metavar or action.dest.upper()}"


def default_of(action: argparse.Action) -> str:
    if action.required:
        return "required"
    if action.default == "by suite":
        return "by suite"
    return "" if action.nargs == 0 or action.default in (None, []) else f"`{action.default}`"


def escaped(text: str) -> str:
    """Text of one cell of a table."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
