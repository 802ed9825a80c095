"""What a person at the terminal of `make run` sees of the functions' logs."""

import json

from local.console import readable

LOGGED = {
    "level": "INFO",
    "location": "handler:12",
    "message": "created",
    "service": "ingest",
    "build": "b.1.1",
}


def test_it_shows_what_a_function_logged_on_one_line() -> None:
    (line,) = readable("stack-IngestFunction-1", json.dumps(LOGGED), False, 12)
    time, rest = line.split("  ", 1)
    assert len(time) == len("12:00:00")
    assert rest == "ingest        12 ms  created  build=b.1.1"


def test_it_leaves_out_metrics_and_whatever_is_no_log_line() -> None:
    log = "\n".join(["START", json.dumps({"_aws": {}, "created": 1}), "{half", "[]", json.dumps(LOGGED)])
    assert len(list(readable("f", log, False, 1))) == 1


def test_it_shows_where_a_function_failed() -> None:
    logged = json.dumps(LOGGED | {"level": "ERROR", "exception": "Traceback\n  ValueError: x"})
    (line,) = readable("f", logged, False, 1)
    assert "ERROR created" in line
    assert line.endswith("Traceback\n  ValueError: x")


def test_it_shows_all_that_a_function_printed_that_failed_without_a_word() -> None:
    (line,) = readable("f", "Traceback\n  ImportError: y", True, 1)
    assert line.endswith("ERROR failed\nTraceback\n  ImportError: y")
