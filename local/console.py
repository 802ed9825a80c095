"""What happens in the functions, one line each: the functions' own JSON log lines, made readable."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from ministack.services import lambda_svc

# What powertools adds to every line, and nobody at a terminal needs.
_ROUTINE: Final = frozenset({
    "level", "location", "message", "timestamp", "service", "cold_start", "xray_trace_id", "sampling_rate",
    "function_name", "function_memory_size", "function_arn", "function_request_id", "exception_name",
    "exception", "stack_trace",
})  # fmt: skip
Line = dict[str, Any]


class Console:
    """Shows what each call of a function logged, once it is unmuted."""

    def __init__(self) -> None:
        self.muted = True
        self._emit = lambda_svc._emit_lambda_logs
        lambda_svc._emit_lambda_logs = self._show

    def _show(self, func: Line, request_id: str, log: str, error: bool, ms: int, **other: Any) -> None:
        self._emit(func, request_id, log, error, ms, **other)
        if not self.muted:
            for line in readable(func["config"]["FunctionName"], log, error, ms):
                print(line, flush=True)


def readable(function: str, log: str, error: bool, milliseconds: int) -> Iterator[str]:
    """A line for each thing the function logged; a call that failed without a word shows all it printed."""
    lines = [_parsed(line) for line in log.splitlines()]
    logged = [line for line in lines if line and "_aws" not in line]
    for line in logged:
        yield _line(line.get("service", function), milliseconds, line)
    if error and not any(line["level"] in ("ERROR", "CRITICAL") for line in logged):
        yield _line(function, milliseconds, {"level": "ERROR", "message": "failed", "exception": log})


def _parsed(text: str) -> Line | None:
    """A line of powertools' logger or metrics; None for anything else."""
    if not text.startswith("{"):
        return None
    try:
        line: Line = json.loads(text)
    except json.JSONDecodeError:
        return None
    return line if "level" in line or "_aws" in line else None


def _line(service: str, milliseconds: int, line: Line) -> str:
    level = "" if line["level"] == "INFO" else f"{line['level']} "
    facts = " ".join(f"{key}={value}" for key, value in line.items() if key not in _ROUTINE)
    trace = f"\n{line['exception']}" if line.get("exception") else ""
    text = f"{_now()}  {service:<10} {milliseconds:>5} ms  {level}{line['message']}  {facts}".rstrip() + trace
    return _red(text) if level and sys.stdout.isatty() else text


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")


def _red(text: str) -> str:
    return f"\x1b[31m{text}\x1b[0m"
