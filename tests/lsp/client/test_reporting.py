"""What clients are told of failures."""

from holesmith.lsp.client.reporting import FAILURE_CHARACTERS_MAX, Reporting
from pygls.lsp.server import LanguageServer


def test_a_failure_that_quotes_something_long_is_one_short_line() -> None:
    reporting = Reporting(LanguageServer("test", "1"))
    reporting.show_failure(OSError("File name too long:\n" + "/a" * 3_000))
    told = str(reporting.as_json()["last_failure"])
    assert told.startswith("OSError: File name too long: /a/a")
    assert len(told) <= FAILURE_CHARACTERS_MAX + len("OSError: ")
