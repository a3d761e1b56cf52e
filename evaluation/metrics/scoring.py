"""The scores of an answer by the metrics of its suite, each as its paper's scripts define it.

A metric that means nothing for a case is left out of its scores, so that it does not count in the mean.
"""

import re
from collections.abc import Callable, Mapping

from holesmith.analysis.outline.syntax_tree import parse
from holesmith.evaluation.case import Case
from holesmith.evaluation.metrics.declared_names import declared_names
from holesmith.evaluation.metrics.java_tokens import closed_method, first_token, identifiers, token_texts
from holesmith.evaluation.metrics.text_metrics import (
    common_prefix,
    edit_similarity,
    exact_match,
    first_line,
    first_line_match,
    identifier_f1,
    next_identifier_match,
)
from holesmith.evaluation.metrics.text_metrics import identifiers as words

Scores = dict[str, float]


def stack_repo_scores(case: Case, answer: str) -> Scores:
    """Return ``success``, RepoFusion's completion success, and an edit similarity, which is our own."""
    similarity = edit_similarity(first_line(answer), case.target)
    return {"success": float(first_line_match(answer, case.target)), "edit_similarity": similarity}


def dotprompts_scores(case: Case, answer: str) -> Scores:
    """Return NIM, ISM and PM of the monitors paper. ISM is left out if the target has no identifier.

    The published scripts fail on an answer that leaves nothing of the method; here it scores 0.
    """
    start = case.facts["method_start"]
    assert isinstance(start, int)
    method_prefix = case.prefix[start + 1 :]
    given = closed_method(method_prefix + answer)[len(method_prefix) :]
    scores = {"nim": float(first_token(given) == first_token(case.target))}
    wanted = identifiers(case.target)
    if wanted:
        scores["ism"] = common_prefix(wanted, identifiers(given)) / len(wanted)
    tokens = token_texts(case.target)
    scores["pm"] = common_prefix(tokens, token_texts(given)) / len(tokens)
    return scores


def api_scores(case: Case, answer: str) -> Scores:
    """Return ``api_match``, ``exists`` and ``retrieved``.

    ``api_match``: the answer names the right API. ``exists``: the repository has that name at all.
    ``retrieved``: the right API was among the candidates. The name is the answer's first identifier; in a
    conversation it is the last part of the dotted name called.
    """
    found = called_name(answer) if case.facts.get("task") == "conversation" else _first(answer, case.language)
    scores = {"api_match": float(found == case.target)}
    known = declared_names(case.workspace, case.language)
    if known is not None:
        scores["exists"] = float(found in known)
    candidates = case.facts.get("candidates")
    if isinstance(candidates, list):
        scores["retrieved"] = float(case.target in candidates)
    return scores


def called_name(answer: str) -> str:
    """Return ``load`` for ``await store.shelf.load(path)``; empty if the answer names nothing."""
    found = re.search(r"(?:[^\W\d]\w*\s*\.\s*)*([^\W\d]\w*)", re.sub(r"\b(?:await|return|not)\b", "", answer))
    return found[1] if found else ""


def _first(answer: str, language: str) -> str:
    return next(iter(words(answer, language)), "")


def humaneval_scores(case: Case, answer: str) -> Scores:
    """Return the exact match of one stripped line.

    A line break at the beginning of the answer does not count.
    """
    lines = answer.split("\n")
    line = lines[1] if len(lines) > 1 and lines[0] in ("", " ") else lines[0]
    target = case.target.strip()
    return {
        "exact_match": float(line.strip() == target),
        "edit_similarity": edit_similarity(line, target),
    }


def hole_scores(case: Case, answer: str) -> Scores:
    """Return the metrics of ``repo``: text, identifiers, and whether the file still parses."""
    scores: dict[str, float | None] = {
        "exact_match": float(exact_match(answer, case.target)),
        "edit_similarity": edit_similarity(answer, case.target),
        "next_identifier": _number(next_identifier_match(answer, case.target, case.language)),
        "identifier_f1": identifier_f1(answer, case.target, case.language),
        "exists": exists(case, answer),
        "parses": parses(case, answer),
    }
    return {name: value for name, value in scores.items() if value is not None}


def exists(case: Case, answer: str) -> float | None:
    """Return 1 if the answer's first identifier is a name that the repository, the file or the language has.

    None without the repository, for an answer that names nothing or defines a new name first, and for a
    target that does not itself begin with an existing name.
    """
    known = declared_names(case.workspace, case.language)
    wanted, found = words(case.target, case.language)[:1], words(answer, case.language)[:1]
    if known is None or not found or not wanted or wanted[0] not in known:
        return None
    if found[0] not in known and _binds(case, answer, found[0]):
        return None
    return float(found[0] in known)


def _binds(case: Case, answer: str, name: str) -> bool:
    """True if the answer begins with the definition of ``name`` or an assignment to it."""
    line = case.prefix[case.prefix.rfind("\n") + 1 :]
    match = _BINDING.match(line + answer) if case.language == "python" else None
    return match is not None and name in match.groups()


def parses(case: Case, answer: str) -> float | None:
    """Return 1 if the file with the answer in it has no syntax error; None if the true file has one."""
    whole = parse(case.language, case.prefix + case.target + case.suffix)
    if whole is None or whole.has_errors():
        return None
    filled = parse(case.language, case.prefix + answer + case.suffix)
    return float(filled is not None and not filled.has_errors())


def _number(value: bool | None) -> float | None:
    return None if value is None else float(value)


_BINDING = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)|\s*(\w+)\s*(?::[^=\n]*)?=(?!=)")

SCORERS: Mapping[str, Callable[[Case, str], Scores]] = {
    "stack-repo": stack_repo_scores,
    "dotprompts": dotprompts_scores,
    "apieval": api_scores,
    "humaneval-fim": humaneval_scores,
    "repo": hole_scores,
    "own": hole_scores,
}
