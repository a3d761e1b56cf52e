"""The errors of the outside world that the engine can meet: weights, devices, the network.

Each message is one line that says what is wrong and what to do about it. The command line prints the message
as it is, and the language server shows it in its status.
"""


class EngineError(Exception):
    """The base of these errors: something outside this program is not as the engine needs it."""


class ModelNotFoundError(EngineError):
    """The named model is not in the store and no such file or directory exists."""


class WeightsError(EngineError):
    """A weight file is damaged, of an unknown kind, or not what its hash says."""


class DownloadError(EngineError):
    """A model could not be brought into the store, because of the network, the disk or the source."""


class DeviceError(EngineError):
    """The requested device does not exist or has not enough memory."""
