"""Load, describe and unload the model.

Invariants: failures of the outside world raise nothing here, the state reports them; the event loop never
waits for a load; one model at most is loaded or being loaded.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from holesmith.completion.options import Options
from holesmith.completion.status import ModelState
from holesmith.context.prompt.templates import Template, template_for
from holesmith.engine.errors import EngineError
from holesmith.engine.interface import Engine

_logger = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
# A function that blocks until the model of the options is loaded. It raises EngineError and runs in a thread.
Loader = Callable[[Options, Progress], Engine]


def load_from_store(options: Options, progress: Progress) -> Engine:
    """Load the named or default model from the model store: the default loader."""
    # Imported here, in the loading thread: importing torch takes a second, for which the first answer must
    # not wait.
    from holesmith.engine.loading.load import choose_device, load_engine
    from holesmith.engine.store.catalogue import default_model
    from holesmith.engine.store.store import find

    name = options.model or default_model(choose_device(options.device).type)
    return load_engine(find(name), options.device, progress, options.weights)


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

    def __init__(self, loader: Loader, on_change: Callable[[], None], on_unload: Callable[[], None]) -> None:
        """``on_change`` is called whenever ``state`` has changed.

        ``on_unload`` is called when the model is taken away, before it is closed, and also if there is no
        model.
        """
        self._loader = loader
        self._on_change = on_change
        self._on_unload = on_unload
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
            return True

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
        self._on_unload()
        if model is not None:
            await model.engine.close()

    def _progress_reporter(self) -> Progress:
        """Return a function for the loading thread that shows progress on this event loop."""
        loop = asyncio.get_running_loop()

        def report(message: str, share: float) -> None:
            loop.call_soon_threadsafe(self._show_progress, message, share)

        return report

    def _show_progress(self, message: str, share: float) -> None:
        if self._state.health == "loading":
            self._set(replace(self._state, message=message, progress=share))

    def _set(self, state: ModelState) -> None:
        if state != self._state:
            self._state = state
            self._on_change()


def _ready(engine: Engine) -> ModelState:
    model = engine.description
    return ModelState("ready", f"{model.name} on {model.device}", model.name, model.device)


def _failed(model: str | None, error: BaseException) -> ModelState:
    """Return the state after a load of ``model`` raised ``error``; the engine's own errors say what to do."""
    text = " ".join(str(error).split())
    if not isinstance(error, EngineError):
        text = f"the model could not be loaded: {type(error).__name__}: {text[:200]}"
    return ModelState("error", text, model)
