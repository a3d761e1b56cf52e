"""Nobody waits for kernels: torch serves until they are compiled, and they are taken between two requests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.kernels import COMPILING, Kernels, compile_kernels
from holesmith.engine.loading.load import load_engine, load_model
from holesmith.engine.local import Loaded, LocalEngine, Loop
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.request import Request
from holesmith.kernels import low_bit_matrix
from holesmith.kernels.compilation import CompileState
from holesmith.kernels.compilation_units import PRODUCTS, STAGES, STEP
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED

from tests.engine.tiny_models import make_model, save_model

pytestmark = pytest.mark.skipif(not IS_SUPPORTED, reason="no dot-product instruction here")

PROMPT = tuple(b"def f(x):\n    return")
REQUEST = Request(PROMPT, 12, frozenset())


@dataclass
class FakeCompilation:
    """A compilation that is as far as the test says."""

    state: CompileState = field(default_factory=CompileState)
    is_kept: bool = False
    begun: list[str] = field(default_factory=list[str])
    tell: Callable[[CompileState], None] = lambda state: None

    def load_kept(self) -> bool:
        return self.is_kept

    def start(self, on_change: Callable[[CompileState], None]) -> None:
        self.begun.append("beside")
        self.tell = on_change

    def run(self, on_change: Callable[[CompileState], None]) -> None:
        self.begun.append("now")
        on_change(self.state)

    def stop(self) -> None:
        self.begun.append("stopped")

    def reach(self, state: CompileState) -> None:
        self.state = state
        self.tell(state)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(make_model("qwen2"), tmp_path_factory.mktemp("qwen2"))


@pytest.fixture
def source(directory: Path) -> WeightSource:
    return WeightSource("tiny", directory, "huggingface")


def kernels_of(compilation: FakeCompilation) -> Kernels:
    return Kernels(compilation)  # pyright: ignore[reportArgumentType]


def serve(source: WeightSource, compilation: FakeCompilation) -> tuple[Loop, Decoder]:
    loaded = load_model(source, torch.device("cpu"))
    assert isinstance(loaded.model, Decoder)
    loop = DecodeLoop(loaded.model, loaded.vocabulary)
    kernels = kernels_of(compilation)
    return kernels.serve(loop, loaded.model, lambda stage, share: None, beside=True), loaded.model


def text_of(loop: Loop, request: Request = REQUEST) -> list[int]:
    return [token.id for token in loop.run(request, lambda token: None, lambda: False).tokens]


@pytest.fixture
def no_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def called(*_: object) -> None:
        raise AssertionError("compiled code was called, which would have been compiled first")

    for name in ("quantise_together", "multiply_together"):
        monkeypatch.setattr(low_bit_matrix, name, called)
    monkeypatch.setattr("holesmith.engine.model.cpu_step.run_step", called)


@pytest.mark.usefixtures("no_compiled_code")
def test_until_kernels_are_compiled_requests_are_served_without_them(source: WeightSource) -> None:
    loop, _ = serve(source, FakeCompilation())
    assert len(text_of(loop)) == 12
    assert text_of(loop) == text_of(loop)


def test_kernels_are_taken_between_two_requests(source: WeightSource) -> None:
    compilation = FakeCompilation()
    loop, decoder = serve(source, compilation)
    text_of(loop)
    during = [decoder.parts]

    def compiled_meanwhile(_token: object) -> None:
        compilation.state = CompileState(STEP, 1.0)
        during.append(decoder.parts)

    loop.run(REQUEST, compiled_meanwhile, lambda: False)
    assert all(parts is during[0] for parts in during)
    assert decoder.step is None
    text_of(loop)
    assert decoder.parts is not during[0]
    assert decoder.step is not None


def test_after_the_swap_text_is_that_of_an_engine_that_had_the_kernels_at_once(source: WeightSource) -> None:
    compilation = FakeCompilation()
    loop, decoder = serve(source, compilation)
    text_of(loop)
    compilation.reach(CompileState(PRODUCTS, 0.3))
    text_of(loop)
    assert decoder.step is None
    compilation.reach(CompileState(STEP, 1.0))
    at_once, _ = serve(source, FakeCompilation(is_kept=True))
    other = Request(tuple(b"class A:\n"), 12, frozenset())
    assert text_of(loop, other) == text_of(at_once, other)


def test_where_the_kernels_are_kept_nothing_is_compiled_and_nothing_told(source: WeightSource) -> None:
    loaded = load_model(source, torch.device("cpu"))
    assert isinstance(loaded.model, Decoder)
    loop = DecodeLoop(loaded.model, loaded.vocabulary)
    told: list[str] = []
    compilation = FakeCompilation(is_kept=True)
    served = kernels_of(compilation).serve(
        loop, loaded.model, lambda stage, _: told.append(stage), beside=True
    )
    assert served is loop
    assert not told
    assert not compilation.begun


def test_progress_is_told_from_the_beginning_to_the_end(source: WeightSource) -> None:
    loaded = load_model(source, torch.device("cpu"))
    assert isinstance(loaded.model, Decoder)
    told: list[tuple[str, float]] = []
    compilation = FakeCompilation()
    loop = DecodeLoop(loaded.model, loaded.vocabulary)
    kernels_of(compilation).serve(
        loop, loaded.model, lambda stage, share: told.append((stage, share)), beside=True
    )
    compilation.reach(CompileState(0, 0.5))
    compilation.reach(CompileState(STEP, 1.0))
    assert told == [(COMPILING, 0.0), (COMPILING, 0.5), (COMPILING, 1.0)]


@pytest.mark.usefixtures("no_compiled_code")
async def test_after_a_failure_torch_serves_on_and_the_description_says_why(source: WeightSource) -> None:
    compilation = FakeCompilation()
    loop, decoder = serve(source, compilation)
    kernels = kernels_of(compilation)
    loaded = load_model(source, torch.device("cpu"))
    parts = loop, loaded.vocabulary, loaded.description
    engine = LocalEngine(Loaded(*parts, kernels.problem, kernels.close))
    assert engine.description.problem is None
    compilation.reach(CompileState(0, 1.0, "the compiling process was ended by signal 9"))
    assert len((await engine.start(REQUEST).result()).tokens) == 12
    assert decoder.step is None
    assert engine.description.problem == (
        "the kernels could not be compiled, so PyTorch computes, which is slower: "
        "the compiling process was ended by signal 9"
    )
    await engine.close()
    assert compilation.begun[-1] == "stopped"


def test_compiling_now_waits_and_says_why_it_failed() -> None:
    told: list[tuple[str, float]] = []
    failed = FakeCompilation(CompileState(0, 1.0, "no"))
    reason = compile_kernels(lambda stage, share: told.append((stage, share)), failed)  # pyright: ignore[reportArgumentType]
    assert reason == "no"
    assert failed.begun == ["now"]
    assert told == [(COMPILING, 0.0), (COMPILING, 1.0)]


async def test_requests_compile_nothing_that_was_not_compiled_before(source: WeightSource) -> None:
    """The types that kernels are compiled for are those that the engine calls them with."""
    engine = load_engine(source, "cpu")
    await engine.start(REQUEST).result()
    await engine.close()
    for unit in (unit for stage in STAGES for unit in stage):
        assert unit.function.signatures == [unit.signature]  # pyright: ignore[reportFunctionMemberAccess]
