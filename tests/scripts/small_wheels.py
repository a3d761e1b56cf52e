"""Wheels of a few bytes, and the lines that pin them in a lock file."""

import hashlib
import zipfile
from pathlib import Path


def build_wheel(folder: Path, name: str, source: str = "", metadata: str = "", program: str = "") -> Path:
    """Release 1.0 of a module; ``program`` is a command that calls its ``main``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    facts = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", source)
        wheel.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{metadata}")
        wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        if program:
            wheel.writestr(f"{facts}/entry_points.txt", f"[console_scripts]\n{program} = {name}:main\n")
        wheel.writestr(f"{facts}/RECORD", "")
    return path


def lock_line(wheel: Path, digest: str | None = None) -> str:
    name, version = wheel.name.split("-")[:2]
    digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name}=={version} --hash=sha256:{digest}\n"


def write_locks(locks: Path, index: Path) -> None:
    """One small package for each lock that `make_environment.py` reads; the packages lie in ``index``."""
    locks.mkdir(parents=True)
    for lock, name in (
        ("tools", "tool"),
        ("torch", "fire"),
        ("torch-cpu", "fire"),
        ("requirements", "needed"),
    ):
        (locks / f"{lock}.lock").write_text(lock_line(build_wheel(index, name)))
