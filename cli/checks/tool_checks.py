"""The checks of the tools around the model: grammars, analysis, editors, git.

Analysis is imported inside its checks, so that a missing library fails no other check.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Set
from pathlib import Path

from holesmith.cli.checks.diagnosis import Finding

QUESTION = "import pathlib\n\npathlib.Path().read_te"
EXPECTED = "read_text"
ANALYSIS_MS = 20_000.0
VERSION_S = 10.0
NEOVIM_INLINE, NEOVIM_PLUGIN = (0, 12), (0, 11)
VS_CODES = ("code", "code-insiders", "codium", "code-server")


def check_grammars() -> Finding:
    from holesmith.analysis.outline.grammars import LANGUAGES

    broken = [f"{language} ({fault})" for language in sorted(LANGUAGES) if (fault := grammar_fault(language))]
    if broken:
        remedy = "reinstall Holesmith"
        return Finding("grammars", "failed", f"can't be loaded: {', '.join(broken)}", remedy)
    return Finding("grammars", "ok", ", ".join(sorted(LANGUAGES)))


def grammar_fault(language: str) -> str:
    """The reason why a grammar can't be used; "" if it can."""
    from holesmith.analysis.outline.grammars import grammar_of

    try:
        return "" if grammar_of(language) is not None else "missing"
    except (ImportError, AttributeError, ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"


def check_analysis() -> Finding:
    """Start the analysis worker and ask it for the members of a standard class."""
    from holesmith.analysis.blocking_client import BlockingAnalysisClient
    from holesmith.analysis.options import Options
    from holesmith.analysis.questions import MembersQuestion, Source

    with (
        tempfile.TemporaryDirectory() as directory,
        BlockingAnalysisClient(Options(root=directory)) as client,
    ):
        question = MembersQuestion(Source(str(Path(directory) / "hole.py"), QUESTION), len(QUESTION))
        reply = client.ask(question, ANALYSIS_MS)
    names = None if reply.answer is None else {member.name for member in reply.answer.members}
    return judge_members(names, reply.reason, reply.elapsed_ms)


def judge_members(names: Set[str] | None, reason: str, elapsed_ms: float) -> Finding:
    """Judge the answer of analysis. ``names``: None if there was no answer; ``reason`` then says why."""
    remedy = "reinstall Holesmith; until then completions come without static analysis"
    if names is None:
        return Finding("analysis", "warning", f"jedi gave no answer: {reason}", remedy)
    if EXPECTED not in names:
        return Finding("analysis", "warning", f"jedi does not know pathlib.Path.{EXPECTED}", remedy)
    detail = f"jedi lists {len(names)} members of pathlib.Path in {elapsed_ms:.0f} ms"
    return Finding("analysis", "ok", detail)


def check_environment(folder: Path) -> Finding:
    """Check the Python environment that a completion in this folder would use."""
    from holesmith.analysis.options import Options
    from holesmith.analysis.python.environment import find_environment, in_words

    environment = find_environment(Options(root=str(folder), virtual_env=os.environ.get("VIRTUAL_ENV")))
    if environment.path is None:
        remedy = "set holesmith.analysis.python to the project's environment, or create a .venv"
        return Finding("environment", "warning", f"{in_words(environment)}, for {folder}", remedy)
    return Finding("environment", "ok", f"{in_words(environment)}, for {folder}")


def check_git(folder: Path) -> Finding:
    version = first_line("git", folder)
    if version is None:
        return Finding(
            "git",
            "warning",
            "not found on PATH",
            "install git, which tells what files belong to a repository",
        )
    return Finding("git", "ok", version)


def check_editors(folder: Path) -> Finding:
    vs_codes = [name for name in VS_CODES if program_of_user(name, folder) is not None]
    return judge_editors(first_line("nvim", folder), vs_codes)


def judge_editors(neovim: str | None, vs_codes: list[str]) -> Finding:
    """Judge the editors. ``neovim``: the first line of its ``--version``; None if it is not on PATH."""
    editors = [f"{name} (through the extension in editors/vscode)" for name in vs_codes]
    if neovim is not None:
        match = re.search(r"v(\d+)\.(\d+)", neovim)
        version = (int(match[1]), int(match[2])) if match is not None else (0, 0)
        if version < NEOVIM_PLUGIN and not vs_codes:
            remedy = "update Neovim; the plugin in editors/neovim needs Neovim 0.11 or newer"
            return Finding("editors", "warning", neovim, remedy)
        editors.insert(0, f"{neovim} ({neovim_ability(version)})")
    if not editors:
        remedy = "use any editor whose language client knows textDocument/inlineCompletion; see the README"
        return Finding("editors", "warning", "neither Neovim nor VS Code found on PATH", remedy)
    return Finding("editors", "ok", ", ".join(editors))


def neovim_ability(version: tuple[int, int]) -> str:
    """The way in which this version of Neovim shows a suggestion."""
    if version >= NEOVIM_INLINE:
        return "ghost text"
    if version >= NEOVIM_PLUGIN:
        return "ghost text through the plugin in editors/neovim"
    return "no ghost text; it needs Neovim 0.11 and the plugin"


def program_of_user(name: str, folder: Path) -> str | None:
    """The path of a program on PATH, but never in the project or the current folder, which are untrusted."""
    from holesmith.system.programs import find_program

    return find_program(name, (folder, Path.cwd()))


def first_line(program: str, folder: Path) -> str | None:
    """The first line of ``program --version``; None if there is no such program, or no such line.

    ``folder``: a project, from which no program is run.
    """
    path = program_of_user(program, folder)
    if path is None:
        return None
    try:
        result = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return next(iter(result.stdout.splitlines()), None)
