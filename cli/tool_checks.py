"""What ``holesmith doctor`` asks of the tools around the model: grammars, analysis, editors, git."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from holesmith.analysis.answers import Members
from holesmith.analysis.blocking_client import BlockingAnalysisClient
from holesmith.analysis.client import Reply
from holesmith.analysis.grammar import LANGUAGES, grammar_of
from holesmith.analysis.jedi_options import Options
from holesmith.analysis.questions import MembersQuestion, Source
from holesmith.cli.diagnosis import Finding

QUESTION = "import pathlib\n\npathlib.Path().read_te"
EXPECTED = "read_text"
ANALYSIS_MS = 20_000.0
VERSION_S = 10.0
NEOVIM_INLINE = (0, 12)
VS_CODES = ("code", "code-insiders", "codium", "code-server")


def check_grammars() -> Finding:
    broken = [
        f"{language} ({reason})" for language in sorted(LANGUAGES) if (reason := _grammar_fault(language))
    ]
    if broken:
        return Finding(
            "grammars", "failed", f"can't be loaded: {', '.join(broken)}", "install holesmith again"
        )
    return Finding("grammars", "ok", ", ".join(sorted(LANGUAGES)))


def _grammar_fault(language: str) -> str:
    try:
        return "" if grammar_of(language) is not None else "missing"
    except (ImportError, AttributeError, ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"


def check_analysis() -> Finding:
    """Start the analysis worker and ask it for the members of a standard class."""
    with (
        tempfile.TemporaryDirectory() as directory,
        BlockingAnalysisClient(Options(root=directory, cache=directory)) as client,
    ):
        question = MembersQuestion(Source(str(Path(directory) / "hole.py"), QUESTION), len(QUESTION))
        return judge_members(client.ask(question, ANALYSIS_MS))


def judge_members(reply: Reply[Members]) -> Finding:
    remedy = "completions go on without static analysis; install holesmith again"
    if reply.answer is None:
        return Finding("analysis", "warning", f"jedi gave no answer: {reply.reason}", remedy)
    names = {member.name for member in reply.answer.members}
    if EXPECTED not in names:
        return Finding("analysis", "warning", f"jedi does not know pathlib.Path.{EXPECTED}", remedy)
    return Finding(
        "analysis", "ok", f"jedi lists {len(names)} members of pathlib.Path in {reply.elapsed_ms:.0f} ms"
    )


def check_git() -> Finding:
    version = first_line("git")
    if version is None:
        return Finding(
            "git", "warning", "not found on PATH", "install git: it tells which files belong to a repository"
        )
    return Finding("git", "ok", version)


def check_editors() -> Finding:
    return judge_editors(first_line("nvim"), [name for name in VS_CODES if shutil.which(name) is not None])


def judge_editors(neovim: str | None, vs_codes: list[str]) -> Finding:
    """``neovim`` is the first line of its ``--version``; None if it is not on PATH."""
    found = [f"{name} (through the extension in editors/vscode)" for name in vs_codes]
    if neovim is not None:
        match = re.search(r"v(\d+)\.(\d+)", neovim)
        version = (int(match[1]), int(match[2])) if match is not None else (0, 0)
        if version < NEOVIM_INLINE and not vs_codes:
            remedy = "its language client shows no ghost text before 0.12: update it"
            return Finding("editors", "warning", neovim, remedy)
        inline = "ghost text" if version >= NEOVIM_INLINE else "menu only, ghost text needs 0.12"
        found.insert(0, f"{neovim} ({inline})")
    if not found:
        remedy = (
            "any editor whose language client knows textDocument/inlineCompletion will do; see the README"
        )
        return Finding("editors", "warning", "neither Neovim nor VS Code found on PATH", remedy)
    return Finding("editors", "ok", ", ".join(found))


def first_line(program: str) -> str | None:
    """The first line of ``program --version``; None if there is no such program or it does not say."""
    path = shutil.which(program)
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
