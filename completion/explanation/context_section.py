"""The snippets of the prompt, and the snippets left out, as sections of the explanation."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from holesmith.analysis.files.secrets import is_secret_file
from holesmith.completion.answer import Answer, SnippetUse
from holesmith.completion.explanation.document import Link, Section, Span, Table, paragraph
from holesmith.completion.explanation.sentences import counted

_LEFT_OUT = "left out: "


def context_sections(answer: Answer, workspace: str | None) -> Iterator[Section]:
    """Yield the sections; none if the model was not asked."""
    if not answer.prompt_tokens:
        return
    used = [use for use in answer.context if use.tokens]
    left = [use for use in answer.context if not use.tokens]
    size = f"The prompt has {counted(answer.prompt_tokens, 'token')}{_read(answer)}."
    if not used:
        alone = paragraph(size + " It is made of this file alone.")
        yield Section("What was put into the prompt", (alone,))
    else:
        total = counted(sum(use.tokens for use in used), "token")
        note = paragraph(f"{size} {total} of it are from elsewhere, the rest is this file:")
        yield Section("What was put into the prompt", (note, _table(used, workspace)))
    if left:
        yield Section("What was found and left out", (_left_table(left, workspace),), is_open=False)


def _read(answer: Answer) -> str:
    """Return how much of the prompt the model had to read for this suggestion, as the end of a sentence."""
    if answer.prefilled_tokens >= answer.prompt_tokens:
        return ", all of them new to the model"
    if not answer.prefilled_tokens:
        return ", none of them new to the model"
    return f", {answer.prefilled_tokens:,} of them new to the model"


def _table(uses: Sequence[SnippetUse], workspace: str | None) -> Table:
    rows = tuple(
        (Span(use.source), snippet_place(use, workspace), Span(use.reason), Span(f"{use.tokens:,}"))
        for use in uses
    )
    return Table(("source", "place", "because of", "tokens"), rows, numbers=(3,))


def _left_table(uses: Sequence[SnippetUse], workspace: str | None) -> Table:
    rows = tuple(
        (Span(use.source), snippet_place(use, workspace), Span(use.reason.removeprefix(_LEFT_OUT)))
        for use in uses
    )
    return Table(("source", "place", "why not"), rows)


def snippet_place(use: SnippetUse, workspace: str | None) -> Span:
    """Return the file and line of a snippet, as a link if the file is there."""
    if use.path is None:
        return Span("–", "weak")
    shown = use.path if use.line is None else f"{use.path}:{use.line}"
    return Span(shown, "text", link_to(use.path, use.line, workspace))


def link_to(path: str, line: int | None, workspace: str | None) -> Link | None:
    """Return a link to a place in the workspace.

    None if there is no such file, if a link of the file system leads out of the workspace, or to a secret.
    """
    if workspace is None or ".." in Path(path).parts:
        return None
    file = Path(workspace) / path
    try:
        is_ours = file.is_file() and file.resolve().is_relative_to(Path(workspace).resolve())
    except (OSError, RuntimeError, ValueError):  # a name that no file can have, or a loop of links
        return None
    return Link(str(file), line or 1) if is_ours and not is_secret_file(str(file)) else None
