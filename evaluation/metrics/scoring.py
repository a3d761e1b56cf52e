"""What an answer is worth, by the metrics of its suite; each defined as its paper's scripts define it.

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
    """``success``: RepoFusion's completion success. The edit similarity is ours."""
    similarity = edit_similarity(first_line(answer), case.target)
    return {"success": float(first_line_match(answer, case.target)), "edit_similarity": similarity}


def dotprompts_scores(case: Case, answer: str) -> Scores:
    """NIM, ISM and PM of the monitors paper. ISM is left out where the target has no identifier.

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
    """``api_match``: the API named is the wanted one. ``exists``: the repository has that name at all.

    The name is the answer's first identifier; in a conversation, the last part of the dotted name called.
    ``retrieved`` says whether the right one was among the candidates.
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
    """``load`` of ``await store.shelf.load(path)``; empty if nothing is named."""
    found = re.search(r"(?:[^\W\d]\w*\s*\.\s*)*([^\W\d]\w*)", re.sub(r"\b(?:await|return|not)\b", "", answer))
    return found[1] if found else ""


def _first(answer: str, language: str) -> str:
    return next(iter(words(answer, language)), "")


def humaneval_scores(case: Case, answer: str) -> Scores:
    """Exact match of one line, stripped; a line break that the model begins with does not count."""
    lines = answer.split("\n")
    line = lines[1] if len(lines) > 1 and lines[0] in ("", " ") else lines[0]
    target = case.target.strip()
    return {
        "exact_match": float(line.strip() == target),
        "edit_similarity": edit_similarity(line, target),
    }


def hole_scores(case: Case, answer: str) -> Scores:
    """The metrics of ``repo``: text, identifiers, and whether the file still parses."""
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
    """Whether the answer's first identifier occurs in the repository or the rest of the file at all, or is
    built into the language.

    None without a repository at hand, where the answer names nothing or begins with a name of its own making,
    and where the target itself does not begin with a name that exists.
    """
    known = declared_names(case.workspace, case.language)
    wanted, found = words(case.target, case.language)[:1], words(answer, case.language)[:1]
    if known is None or not found or not wanted or wanted[0] not in known:
        return None
    if found[0] not in known and _binds(case, answer, found[0]):
        return None
    return float(found[0] in known)


def _binds(case: Case, answer: str, name: str) -> bool:
    """Whether the answer begins with the definition of a name or an assignment to it."""
    line = case.prefix[case.prefix.rfind("\n") + 1 :]
    match = _BINDING.match(line + answer) if case.language == "python" else None
    return match is not None and name in match.groups()


def parses(case: Case, answer: str) -> float | None:
    """Whether the file with the answer in it has no syntax error; None where it has one with the truth."""
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
