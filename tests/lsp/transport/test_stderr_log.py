"""The log on standard error, where nobody reads it and where somebody does."""

import logging
import os

from holesmith.lsp.transport import stderr_log
from holesmith.lsp.transport.stderr_log import StderrLog


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("holesmith", logging.WARNING, "", 1, text, None, None)


def test_a_client_that_does_not_read_the_log_blocks_nothing_and_lost_lines_are_counted() -> None:
    reading, writing = os.pipe()
    try:
        log = StderrLog(writing)
        count = stderr_log.LINES_MAX + 500  # more than are kept and a pipe holds
        for number in range(count):
            log.emit(record(f"{number} " + "x" * 1_000))
        kept, lost = list[int](), 0
        with open(reading, encoding="utf-8", closefd=False) as lines:
            while len(kept) + lost < count:
                first, _, rest = lines.readline().partition(" ")
                if rest.startswith("x"):
                    kept.append(int(first))
                else:
                    lost += int(first)
        assert kept == sorted(kept)
        assert len(kept) >= stderr_log.LINES_MAX
        assert lost > 0
        log.wait_until_written(10)
        log.emit(record("read again"))
        log.wait_until_written(10)
        assert os.read(reading, 100) == b"read again\n"
    finally:
        os.close(reading)
        os.close(writing)


def test_a_reader_that_is_gone_is_no_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    log = StderrLog(writing)
    log.emit(record("nobody"))
    log.wait_until_written(10)
    log.emit(record("\ud800 and a half"))
    log.wait_until_written(10)
    os.close(writing)
