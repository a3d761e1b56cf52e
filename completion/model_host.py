"""Load, describe and unload the model.

Invariants: failures of the outside world raise nothing here, the state reports them; the event loop never
waits for a load; one model at most is loaded or being loaded.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from holesmith.completion.options import Options
from holesmith.completion.status import ModelState
from holesmith.context.prompt.templates import Template, template_for
from holesmith.engine.errors import EngineError
from holesmith.engine.interface import Engine

# Progress beside the model is told in so many steps: a client is told of each.
_STEPS = 20

_logger = logging.getLogger(__name__)

# What is being done, and its share from 0 to 1. What is not at 1 when the model is loaded goes on beside it.
Progress = Callable[[str, float], None]
# A function that blocks until the model of the options is loaded. It raises EngineError and runs in a thread.
Loader = Callable[[Options, Progress], Engine]


def load_from_store(options: Options, progress: Progress, *, compile_beside: bool = False) -> Engine:
    """Load the named or default model from the model store: the default loader.

    ``compile_beside`` is that of `engine.loading.load.load_engine`.
    """
    # Imported here, in the loading thread: importing torch takes a second, for which the first answer must
    # not wait.
    from holesmith.engine.loading.load import choose_device, load_engine
    from holesmith.engine.store.catalogue import default_model
    from holesmith.engine.store.store import find

    name = options.model or default_model(choose_device(options.device).type)
    source = find(name)
    return load_engine(source, options.device, progress, options.weights, compile_beside=compile_beside)


def load_for_typing(options: Options, progress: Progress) -> Engine:
    """Load like `load_from_store`, for somebody who types: do not wait for work that can run beside."""
    return load_from_store(options, progress, compile_beside=True)


def needs_reload(before: Options, after: Options) -> bool:
    """True if an option on which the loaded model depends has changed."""
    return (before.model, before.device, before.weights) != (after.model, after.device, after.weights)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """An engine, and the prompt template of its vocabulary."""

    engine: Engine
    template: Template


class ModelHost:
    """The holder of the one model of a service. All methods belong to one event loop."""

    def __init__(
        self,
        loader: Loader,
        on_change: Callable[[], None],
        on_unload: Callable[[], None],
        on_activity: Callable[[str | None], None] = lambda activity: None,
    ) -> None:
        """``on_change`` is called whenever ``state`` has changed.

        ``on_activity`` is told what goes on beside the loaded model, in a line, and None when it is over.

        ``on_unload`` is called when the model is taken away, before it is closed, and also if there is no
        model.
        """
        self._loader = loader
        self._on_change = on_change
        self._on_unload = on_unload
        self._on_activity = on_activity
        self._loads = 0
        self._last_progress = "", 1.0
        self._loading = asyncio.Lock()
        self._model: LoadedModel | None = None
        self._state = ModelState("stopped", "not started")

    @property
    def state(self) -> ModelState:
        return self._state

    @property
    def model(self) -> LoadedModel | None:
        """The loaded model; None while there is no model to ask."""
        return self._model

    @property
    def is_loaded(self) -> bool:
        return self._model is not None

    async def load(self, options: Callable[[], Options]) -> bool:
        """Load the model of the options in place of any other; False after a failure, which is in the state.

        ``options`` is called when loading begins: another load may have to end first.
        """
        async with self._loading:
            await self._unload()
            self._set(replace(self._state, health="loading", message="loading the model", progress=0.0))
            chosen = options()
            try:
                engine = await asyncio.to_thread(self._loader, chosen, self._progress_reporter())
                self._model = LoadedModel(engine, template_for(engine.vocabulary))
            except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # libraries in other languages raise some that are no Exception
                _logger.debug("loading the model failed", exc_info=error)
                self._set(_failed(chosen.model, error))
                return False
            self._set(_ready(engine))
            self._show_activity()
            return True

    async def wait_for_load(self) -> None:
        """Wait until a load in progress has ended, well or not; return at once if there is none."""
        async with self._loading:
            pass

    def report_failure(self, message: str) -> None:
        """Report an error that came up while the model was asked; the model stays loaded."""
        self._set(replace(self._state, message=message))

    def report_success(self) -> None:
        """Report that the model has just answered: an earlier failure is over."""
        if self._model is not None:
            self._set(_ready(self._model.engine))

    @asynccontextmanager
    async def closing(self) -> AsyncGenerator[None]:
        """Unload the model, and set the state to "stopped" at the end of the block.

        A load in progress is waited for, and no load begins during the block.
        """
        async with self._loading:
            await self._unload()
            yield
            self._set(replace(self._state, health="stopped", message="stopped", progress=None))

    async def _unload(self) -> None:
        model, self._model = self._model, None
        self._loads += 1  # what the earlier load still tells is not shown any more
        self._last_progress = "", 1.0
        self._on_activity(None)
        self._on_unload()
        if model is not None:
            await model.engine.close()

    def _progress_reporter(self) -> Progress:
        """Return a function for the loading thread that shows progress on this event loop."""
        loop, load = asyncio.get_running_loop(), self._loads

        def report(message: str, share: float) -> None:
            with suppress(RuntimeError):  # the loop is closed, so nobody is left to hear it
                loop.call_soon_threadsafe(self._show_progress, load, message, share)

        return report

    def _show_progress(self, load: int, message: str, share: float) -> None:
        if load != self._loads:
            return
        self._last_progress = message, share
        if self._state.health == "loading":
            self._set(replace(self._state, message=message, progress=share))
        elif self._model is not None:
            self._show_activity()
            if share >= 1:
                self._set(_ready(self._model.engine))  # what is over may have failed

    def _show_activity(self) -> None:
        message, share = self._last_progress
        percent = 100 * int(_STEPS * share) // _STEPS
        self._on_activity(f"{message}, {percent} %" if share < 1 else None)

    def _set(self, state: ModelState) -> None:
        if state != self._state:
            self._state = state
            self._on_change()


def _ready(engine: Engine) -> ModelState:
    model = engine.description
    name = f"{model.name} on {model.device}"
    message = name if model.problem is None else f"{name}; {model.problem}"
    return ModelState("ready", message, model.name, model.device)


def _failed(model: str | None, error: BaseException) -> ModelState:
    """Return the state after a load of ``model`` raised ``error``; the engine's own errors say what to do."""
    text = " ".join(str(error).split())
    if not isinstance(error, EngineError):
        text = f"the model could not be loaded: {type(error).__name__}: {text[:200]}"
    return ModelState("error", text, model)
