"""The checks of the machine: Python, packages, processor, GPU, memory and directories.

A library is imported inside its check, so that one that can't be imported fails no other check.
"""

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from holesmith.cli.checks.diagnosis import Finding
from holesmith.context.index.location import index_directory
from holesmith.engine.errors import EngineError
from holesmith.engine.store.staging import gigabytes
from holesmith.engine.store.store import STORE_VARIABLE, store_directory
from holesmith.system import memory
from holesmith.system.private_files import CACHE_VARIABLE, cache_folder

SHOWN_PACKAGES = ("torch", "transformers", "tokenizers", "jedi", "tree-sitter", "lsprotocol")
# Measured: the peak of resident memory while the default model loads on a CPU and completes a line.
DEFAULT_MODEL_BYTES = 1_620_000_000
DISK_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Accelerators:
    """The hardware that torch sees. ``cuda``: the version that torch was built for; None for a CPU build."""

    torch: str
    cuda: str | None
    gpus: tuple[str, ...]
    has_driver: bool
    threads: int


def check_python() -> Finding:
    system = f"{platform.system()} {platform.machine()}"
    return Finding("python", "ok", f"{platform.python_version()} at {sys.executable}, {system}")


def check_packages() -> Finding:
    return judge_packages(metadata.requires("holesmith") or (), installed_versions())


def installed_versions() -> Mapping[str, str]:
    return {canonical(package.name): package.version for package in metadata.distributions() if package.name}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def judge_packages(requirements: Iterable[str], versions: Mapping[str, str]) -> Finding:
    """Compare the requirements with the versions that are installed."""
    from packaging.requirements import Requirement

    wanted = [requirement for requirement in map(Requirement, requirements) if requirement.marker is None]
    wrong = [
        f"{requirement} is needed, {versions.get(canonical(requirement.name), 'nothing')} is installed"
        for requirement in wanted
        if not requirement.specifier.contains(
            versions.get(canonical(requirement.name), "0"), prereleases=True
        )
    ]
    if wrong:
        return Finding("packages", "failed", "; ".join(wrong), "reinstall Holesmith in a fresh environment")
    shown = ", ".join(f"{name} {versions[name]}" for name in SHOWN_PACKAGES if name in versions)
    return Finding("packages", "ok", shown)


def check_torch() -> Finding:
    import torch

    gpus: list[str] = []
    for index in range(torch.cuda.device_count()):
        memory_bytes = torch.cuda.get_device_properties(index).total_memory
        gpus.append(f"{torch.cuda.get_device_name(index)} ({gigabytes(memory_bytes)})")
    has_driver = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    return judge_torch(
        Accelerators(torch.__version__, torch.version.cuda, tuple(gpus), has_driver, torch.get_num_threads())
    )


def judge_torch(hardware: Accelerators) -> Finding:
    build = f"{hardware.torch}, built for {f'CUDA {hardware.cuda}' if hardware.cuda else 'CPU'}"
    if hardware.gpus:
        return Finding("torch", "ok", f"{build}: {', '.join(hardware.gpus)}")
    on_cpu = f"{build}: models run on the CPU with {hardware.threads} threads"
    if not hardware.has_driver:
        return Finding("torch", "ok", on_cpu)
    if hardware.cuda is None:
        remedy = "to use the NVIDIA GPU, install PyTorch built for CUDA"
        return Finding("torch", "warning", on_cpu, remedy)
    remedy = f"no GPU was found: update the NVIDIA driver to support CUDA {hardware.cuda} (see nvidia-smi)"
    return Finding("torch", "warning", on_cpu, remedy)


def check_processor() -> Finding:
    import torch
    from holesmith.kernels.machine_code.dot_tiles import instruction_width

    capability = torch.backends.cpu.get_cpu_capability()
    return judge_processor(instruction_width(), capability, os.cpu_count() or 1)


def judge_processor(lanes: int | None, capability: str, cores: int) -> Finding:
    """Judge the processor by its instructions.

    ``lanes``: the result of `dot_tiles.instruction_width`. ``capability``: the widest instruction set that
    the kernels of torch use here.
    """
    if lanes is not None:
        return Finding("processor", "ok", f"{cores} cores, dot products of {lanes} rows an instruction")
    detail = (
        f"{cores} cores, no dot-product instruction that Holesmith knows: torch computes with {capability}"
    )
    if capability == "DEFAULT":
        remedy = "without AVX2 a completion takes many seconds: use a GPU or another machine"
        return Finding("processor", "warning", detail, remedy)
    return Finding("processor", "ok", detail)


def check_memory() -> Finding:
    return judge_memory(available_bytes(), DEFAULT_MODEL_BYTES)


def available_bytes(meminfo: Path = Path("/proc/meminfo")) -> int:
    """The memory that is available without swapping, in bytes; all memory if the system does not tell."""
    if meminfo.is_file() and (match := re.search(r"MemAvailable:\s*(\d+) kB", meminfo.read_text())):
        return int(match[1]) * 1024
    return memory.physical_bytes()


def judge_memory(bytes_available: int, bytes_needed: int) -> Finding:
    detail = (
        f"{gigabytes(bytes_available)} available, the default model takes about {gigabytes(bytes_needed)}"
    )
    if bytes_available < bytes_needed:
        return Finding("memory", "warning", detail, "close other programs before you load the model")
    return Finding("memory", "ok", detail)


def check_cache_directory() -> Finding:
    loss = "its files are used, but the model is packed again at every start"
    return find_directory("cache directory", cache_folder, CACHE_VARIABLE, loss)


def check_index_directory() -> Finding:
    loss = "prompts have no context from the rest of the repository"
    return find_directory("index directory", index_directory, CACHE_VARIABLE, loss)


def check_model_directory() -> Finding:
    loss = "its models are used, but no model can be pulled"
    return find_directory("model directory", store_directory, STORE_VARIABLE, loss)


def find_directory(name: str, find: Callable[[], Path], variable: str, loss: str) -> Finding:
    """Check the directory that ``find`` returns. ``loss``: what is lost if it can't be written."""
    try:
        return judge_directory(name, find(), variable, loss)
    except RuntimeError:
        return Finding(name, "failed", "this user has no home directory", f"set HOME or {variable}")
    except (OSError, EngineError) as error:
        return Finding(name, "failed", str(error), f"set {variable} to a directory that you may write to")


def judge_directory(name: str, directory: Path, variable: str, loss: str) -> Finding:
    """Check that files can be created in a directory, which need not exist yet, and the space on its disk."""
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            bytes_free = shutil.disk_usage(existing).free
    except OSError as error:
        remedy = f"set {variable} to a directory that you may write to"
        return Finding(name, "warning", f"{directory} can't be written ({error.strerror}): {loss}", remedy)
    detail = f"{directory}, {gigabytes(bytes_free)} free"
    if bytes_free < DISK_BYTES:
        return Finding(
            name, "warning", detail, f"free some space, or set {variable} to a directory on another disk"
        )
    return Finding(name, "ok", detail)
