"""Makes the virtual environment that Holesmith runs in.

Nothing is installed from an index unless its hash is in one of the files in ``locks`` beside this one.
Needs only an interpreter with ``venv``. ``scripts/setup`` runs it in a checkout, and the VS Code extension
carries it. With ``python -I`` it imports nothing from the current folder. What is installed already is kept.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

LOCKS = Path(__file__).resolve().parent / "locks"
PYTHON_MIN, PYTHON_END = (3, 11), (3, 15)
# The finished environment, and what the installers need beside it; most of the second is CUDA.
BYTES_NEEDED, BYTES_NEEDED_WITH_CUDA = 3_000_000_000, 9_000_000_000


class InstallError(Exception):
    """One line that says what could not be done, and what to do about it."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the environment that Holesmith runs in.")
    parser.add_argument("environment", type=absolute, help="the folder of the virtual environment")
    own = parser.add_mutually_exclusive_group(required=True)
    own.add_argument(
        "--wheel", type=absolute, help="Holesmith itself, as a wheel that is trusted like this file"
    )
    own.add_argument(
        "--editable", type=absolute, metavar="CHECKOUT", help="Holesmith itself, as a link to a checkout"
    )
    parser.add_argument("--dev", action="store_true", help="with what the tests and checks need")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    arguments = parser.parse_args()
    try:
        if not PYTHON_MIN <= sys.version_info < PYTHON_END:
            version = sys.version.split()[0]
            raise InstallError(f"Python 3.11 to 3.14 is needed, and {sys.executable} is {version}")
        environment = Environment(arguments.environment, quiet=arguments.quiet)
        environment.make()
        environment.install_locked("tools.lock")
        install_torch(environment)
        environment.install_locked("requirements.lock", *(["dev.lock"] if arguments.dev else []))
        environment.install_own(arguments.wheel, arguments.editable)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def absolute(path: str) -> Path:
    """Commands run elsewhere, so no path may depend on the current folder."""
    return Path(path).absolute()


class Environment:
    """A virtual environment, and the two installers in it."""

    def __init__(self, folder: Path, *, quiet: bool) -> None:
        scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self._folder = folder
        self._python = scripts / ("python.exe" if os.name == "nt" else "python")
        self._uv = scripts / ("uv.exe" if os.name == "nt" else "uv")
        self._quiet = ["--quiet", "--quiet"] if quiet else []  # once leaves warnings

    def make(self) -> None:
        """With the interpreter that runs this; a folder that holds one already is kept."""
        if self._python.exists():
            return
        require_venv()
        is_new = not self._folder.exists()
        make_folder(self._folder)
        try:
            require_space(self._folder, BYTES_NEEDED_WITH_CUDA if has_gpu() else BYTES_NEEDED)
            if not self._run(sys.executable, "-I", "-m", "venv", str(self._folder)):
                raise InstallError(f"{sys.executable} could not make the environment {self._folder}")
        except InstallError:
            if is_new:
                shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def install_locked(self, *locks: str) -> None:
        if not self.try_pip(*locks):
            raise InstallError(
                f"{', '.join(locks)}: not everything could be installed; pip needs a package registry once"
            )

    def try_pip(self, *locks: str) -> bool:
        return self._pip(*locked(*locks))

    def try_uv(self, *locks: str) -> bool:
        """By uv, which knows where PyTorch keeps its builds without CUDA."""
        cpu = ["--torch-backend", "cpu"]
        return self._run(
            str(self._uv),
            "pip",
            "install",
            *self._quiet,
            "--python",
            str(self._python),
            *cpu,
            *locked(*locks),
        )

    def install_own(self, wheel: Path | None, checkout: Path | None) -> None:
        """Holesmith itself. Its dependencies are there, and so is what builds it: no index is asked."""
        own = ["--editable", str(checkout)] if wheel is None else ["--force-reinstall", str(wheel)]
        if not self._pip("--no-deps", "--no-index", "--no-build-isolation", *own):
            raise InstallError(f"{own[-1]}: could not be installed")

    def _pip(self, *parameters: str) -> bool:
        return self._run(str(self._python), "-I", "-m", "pip", "install", *self._quiet, *parameters)

    def _run(self, *command: str) -> bool:
        """True if the command ended well. It runs in the environment's folder, without Python's variables."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(command, cwd=self._folder, env=variables, check=False).returncode == 0


def require_venv() -> None:
    """Debian keeps a part of Python's own environments in a package of its own."""
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        remedy = f"on Debian: apt-get install python{version}-venv"
        raise InstallError(f"{sys.executable} can't make virtual environments; {remedy}")


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InstallError(
            f"{folder} can't be written ({error.strerror}): take a folder of yours, or change its owner"
        ) from None


def require_space(folder: Path, bytes_needed: int) -> None:
    bytes_free = shutil.disk_usage(folder).free
    if bytes_free < bytes_needed:
        needed, free = f"{bytes_needed / 1e9:.0f} GB", f"{bytes_free / 1e9:.1f} GB"
        sizes = f"about {needed} are needed in {folder}, and {free} are free"
        raise InstallError(f"{sizes}: free some space, or use a larger disk")


def locked(*locks: str) -> list[str]:
    """Wheels only: building a source package would fetch what builds it, unchecked."""
    files = [parameter for lock in locks for parameter in ("--requirement", str(LOCKS / lock))]
    return ["--require-hashes", "--no-deps", "--only-binary", ":all:", *files]


def install_torch(environment: Environment) -> None:
    """On Linux without a GPU the build without CUDA, which is gigabytes smaller; else the registry's."""
    if sys.platform == "linux" and not has_gpu():
        ways: tuple[Callable[[str], bool], ...] = (environment.try_pip, environment.try_uv)
        if any(install("torch-cpu.lock") for install in ways):
            return
        print(
            "PyTorch without CUDA could not be had; the registry's build follows: gigabytes", file=sys.stderr
        )
    environment.install_locked("torch.lock")


def has_gpu() -> bool:
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    return subprocess.run([program], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
