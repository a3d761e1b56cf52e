"""Optimistic decoding gives what waiting at every trigger gives, whenever the answers come."""

import pytest
from holesmith.analysis.answers import NameKind
from holesmith.completion.guidance.guided_decoding import GuidedDecoding
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.registry import triggers_in
from holesmith.completion.monitors.statement import statement_before
from holesmith.completion.postprocess.middle import Middle
from holesmith.engine.request import Generation, Request

from tests.completion.chatter import MEMBERS, VOCABULARY, Chatter, TableAnalyst, engine_of

BEFORE = "x = shelf"
COUNT = 16
NAME_KINDS: tuple[NameKind, ...] = ("exception", "class", "function", "unknown", "abstract")


async def guided(
    model: Chatter, analyst: TableAnalyst, healed_prefix: str = "", before: str = BEFORE
) -> tuple[Generation, Watcher]:
    engine = engine_of(model)
    try:
        watcher = Watcher(Document(None, "python", before, "\n"), healed_prefix, analyst)
        request = Request(
            tuple(VOCABULARY.encode(before)), COUNT, frozenset(), healed_prefix=healed_prefix.encode()
        )
        middle = Middle(healed_prefix, VOCABULARY.token_bytes)
        generation = await GuidedDecoding(engine, request, middle, lambda: False, watcher).run()
        assert healed_prefix + middle.text == VOCABULARY.decode(token.id for token in generation.tokens)
        return generation, watcher
    finally:
        await engine.close()


def waiting(model: Chatter, analyst: TableAnalyst) -> list[int]:
    """The plain definition: before a token is taken, all its triggers are answered; candidates in order."""
    prompt = VOCABULARY.encode(BEFORE)
    ids: list[int] = []
    committed = ""  # text that is certain, up to the trigger of a refusal; a member must follow it
    while len(ids) < COUNT:
        written = VOCABULARY.decode(ids)
        order = model.logits([*prompt, *ids]).sort(descending=True, stable=True).indices.tolist()
        for candidate in order:
            text = written + VOCABULARY.decode([candidate])
            refused = refusal(text, analyst, committed)
            if refused is None:
                ids.append(candidate)
                break
            if refused >= len(written) and text.startswith(committed):
                committed = text[:refused]
    return ids


def refusal(text: str, analyst: TableAnalyst, committed: str) -> int | None:
    """Where the first member begins that is not one. ``committed`` must be kept to, and a member follow."""
    shorter = min(len(text), len(committed))
    if text[:shorter] != committed[:shorter]:
        return shorter
    for trigger in triggers_in(statement_before(Document(None, "python", BEFORE, "\n")), text, 0):
        written = text[trigger.start :]
        is_free = trigger.start != len(committed) and not (written[:1].isalpha() or written[:1] == "_")
        if trigger.kind == "member" and written and not is_free:
            names = analyst.members(BEFORE + text[: trigger.start])
            if names is not None and not any(fits(written, name) for name in names):
                return trigger.start
    return None


def fits(written: str, name: str) -> bool:
    following = written[len(name) : len(name) + 1]
    return name.startswith(written) or (
        written.startswith(name) and not (following.isalnum() or following == "_")
    )


@pytest.mark.parametrize("seed", range(24))
async def test_the_text_is_what_waiting_at_every_trigger_gives(seed: int) -> None:
    model = Chatter(seed)
    expected = waiting(model, TableAnalyst(seed))
    for turns_max in (0, 60):
        generation, watcher = await guided(model, TableAnalyst(seed, turns_max))
        assert [token.id for token in generation.tokens] == expected
        report = watcher.report(0.0)
        assert report.outcomes()["dropped"] == 0
        assert generation.constraints_dropped == 0


STATEMENTS = {
    "x = f(": {"argument"},
    "x = shelf": {"argument"},
    "raise ": {"exception"},
    "try: pass\nexcept ": {"exception"},
    "from shop import ": {"import"},
    "from shop import find, find_book, get, get_all": {"list"},
}


@pytest.mark.parametrize("before", STATEMENTS)
async def test_no_monitor_s_text_depends_on_when_the_answers_come(before: str) -> None:
    kinds: set[str] = set()
    for seed in range(12):
        found = [
            await guided(
                Chatter(seed),
                TableAnalyst(
                    seed,
                    turns_max,
                    scope=MEMBERS,
                    takes_max=2,
                    kinds=NAME_KINDS,
                    importables=MEMBERS,
                    missing=MEMBERS[:4],
                ),
                before=before,
            )
            for turns_max in (0, 60)
        ]
        texts = [[token.id for token in generation.tokens] for generation, _ in found]
        assert texts[0] == texts[1], (seed, [VOCABULARY.decode(text) for text in texts])
        kinds.update(each.kind for _, watcher in found for each in watcher.report(0.0).refusals)
    assert kinds >= STATEMENTS[before]


async def test_the_model_does_invent_members_and_the_report_says_what_was_refused() -> None:
    reports = [(await guided(Chatter(seed), TableAnalyst(seed)))[1].report(0.0) for seed in range(8)]
    assert sum(report.refused for report in reports) >= 8
    for report in reports:
        assert report.rolled_back >= report.refused
        assert report.triggers >= report.allowed
        assert all(refusal.choices for refusal in report.refusals)


async def test_what_the_cursor_demands_is_healed_and_watched() -> None:
    for seed in range(10):
        analyst = TableAnalyst(seed)
        generation, _ = await guided(Chatter(seed), analyst, healed_prefix=".f")
        names = analyst.members(BEFORE + ".")
        text = VOCABULARY.decode(token.id for token in generation.tokens)
        assert text.startswith(".f")
        if names is not None and any(name.startswith("f") for name in names):
            assert any(fits(text[1:], name) for name in names), (text, names)
