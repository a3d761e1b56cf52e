"""The repository in the prompt: with an index it stands there, is accounted for, and can be switched off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from holesmith.completion.answer import Answer
from holesmith.completion.options import Options
from holesmith.completion.scheduling import prompt_warm_up
from holesmith.completion.service import Service
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace import retrieval
from holesmith.completion.workspace.retrieval import Retrieval
from holesmith.context.index.process.foreground import index_now
from holesmith.context.retrieval.retrieve import RetrievedContext
from holesmith.system.private_files import CACHE_VARIABLE

from tests.completion.pauses import at_rest
from tests.fakes import FakeEngine, byte_vocabulary

CART = "class Cart:\n    def pay(self, amount: int) -> bool: ...\n"
MAIN = "from cart import Cart\n\ncart = Cart()\ncart.\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "cart.py").write_text(CART)
    (root / "main.py").write_text(MAIN)
    index_now(root)
    return root


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine must not decide what the tests find."""
    monkeypatch.setattr(retrieval, "RETRIEVAL_MS_MAX", 60_000.0)
    monkeypatch.setattr(retrieval, "RETRIEVAL_CLOCK_MS_MAX", 60_000.0)


async def started(engine: FakeEngine, options: Options, having: Retrieval | None = None) -> Service:
    service = Service(options, loader=lambda _options, _progress: engine, retrieval=having or Retrieval())
    await service.load()
    return service


async def complete(root: Path, engine: FakeEngine, options: Options) -> Answer:
    service = await started(engine, options)
    try:
        return await service.complete(
            Snapshot(str(root / "main.py"), "python", MAIN, len(MAIN) - 1, workspace=str(root), invoked=True)
        )
    finally:
        await service.close()


async def test_read_ahead_in_a_pause_it_is_known_when_asked_for(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_warm_up, "IDLE_SECONDS", 0.0)
    service = await started(FakeEngine("(1)\n"), replace(OPTIONS, look_ahead=True))
    snapshot = Snapshot(str(root / "main.py"), "python", MAIN, len(MAIN) - 1, workspace=str(root))
    try:
        service.edited(lambda: snapshot)
        async with asyncio.timeout(30):
            while service.status.read_ahead == 0:
                await asyncio.sleep(0.01)
        answer = await service.complete(replace(snapshot, text=MAIN[:-1] + "pay\n", offset=len(MAIN) + 2))
    finally:
        await service.close()
    assert any(use.path == "cart.py" and use.tokens for use in answer.context)
    assert answer.prefilled_tokens <= len("cart.pay")


class Indexing(Retrieval):
    """Like one whose index has nothing yet when the first request comes, and has everything afterwards."""

    asked = 0

    def retrieve(self, *args: Any, **kwargs: Any) -> RetrievedContext:
        self.asked += 1
        return RetrievedContext() if self.asked == 1 else super().retrieve(*args, **kwargs)


async def test_context_that_was_found_since_is_read_in_the_pause_and_not_by_the_next_key(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_warm_up, "IDLE_SECONDS", 0.0)
    options = replace(OPTIONS, look_ahead=True, debounce_ms_max=0)
    service = await started(FakeEngine(""), options, Indexing())
    snapshot = Snapshot(str(root / "main.py"), "python", MAIN, len(MAIN) - 1, workspace=str(root))
    try:
        before = await service.complete(snapshot)
        await at_rest(service)
        read_ahead = service.status.read_ahead
        answer = await service.complete(replace(snapshot, text=MAIN[:-1] + "p\n", offset=len(MAIN)))
    finally:
        await service.close()
    assert (before.completion, before.context, read_ahead) == (None, (), 1)
    assert "class Cart" in answer.prompt
    assert answer.prefilled_tokens <= len("cart.p")


SANTACODER = ("<|endoftext|>", "<fim-prefix>", "<fim-middle>", "<fim-suffix>")
OPTIONS = Options(prompt_tokens_max=3_000)


async def test_what_the_repository_offers_stands_behind_the_suffix(root: Path) -> None:
    answer = await complete(root, FakeEngine("pay(1)"), OPTIONS)
    before, _, behind = answer.prompt.partition("<|fim_suffix|>")
    assert "\n\n# cart.py\nclass Cart:\n    def pay(self, amount: int) -> bool: ..." in behind
    assert before.startswith("<|fim_prefix|>from cart import Cart")
    use = next(use for use in answer.context if use.path == "cart.py")
    assert use.reason
    assert 0 < use.tokens < answer.prompt_tokens
    assert answer.timings_ms["context"] >= 0


async def test_a_model_that_goes_on_with_the_next_file_is_cut_there(root: Path) -> None:
    engine = FakeEngine("pay(1)\ncart.pay(2)\n\n# cart.py\nclass Cart:\n")
    answer = await complete(root, engine, replace(OPTIONS, lines="multi"))
    assert answer.completion is not None
    assert answer.completion.text == "pay(1)\ncart.pay(2)"


async def test_context_can_be_switched_off(root: Path) -> None:
    answer = await complete(root, FakeEngine("pay(1)"), Options(prompt_tokens_max=3_000, context=False))
    assert "Cart:" not in answer.prompt
    assert answer.context == ()


async def test_a_family_without_a_layout_for_files_sees_comments(root: Path) -> None:
    engine = FakeEngine("pay(1)", vocabulary=byte_vocabulary(special=SANTACODER))
    answer = await complete(root, engine, OPTIONS)
    assert answer.prompt.startswith("<fim-prefix># cart.py:\n# class Cart:\n#     def pay(self")


async def test_a_saved_file_is_in_the_next_prompt(root: Path) -> None:
    service = await started(FakeEngine("x"), OPTIONS)
    snapshot = Snapshot(
        str(root / "main.py"), "python", MAIN, len(MAIN) - 1, workspace=str(root), invoked=True
    )
    try:
        await service.open(snapshot)
        (root / "cart.py").write_text(CART + "    def refund(self, amount: int) -> None: ...\n")
        service.files_changed([str(root / "cart.py")])
        async for answer in answers(service, snapshot):
            if "def refund" in answer.prompt:
                break
    finally:
        await service.close()


async def answers(service: Service, snapshot: Snapshot) -> AsyncIterator[Answer]:
    """Asked again and again, with another word each time; fails after a while."""
    async with asyncio.timeout(30):
        for number in range(10_000):
            text = snapshot.text + f"# {number}\n"
            yield await service.complete(
                Snapshot(
                    snapshot.path, "python", text, snapshot.offset, workspace=snapshot.workspace, invoked=True
                )
            )
            await asyncio.sleep(0.05)
