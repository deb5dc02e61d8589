"""Whether TAB works here: the file of the person's shell, and how long an answer takes."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from integrations_cli.actions.doctor.note import Note, ok, skipped, warning
from integrations_cli.cli.completion import files
from integrations_cli.errors import UsageError

SLOW = 0.25  # seconds: the answer itself ends after 0.15 s, the rest is Python's start
TRIES = 3


def look(environ: Mapping[str, str]) -> Iterator[Note]:
    """One note: installed or not, up to date or not, and the quickest of three answers."""
    try:
        shell = files.shell_in_use(environ)
    except UsageError:
        yield skipped("completion", "not looked at: SHELL names no shell that there is a file for", "integrations completion install SHELL")
        return
    path = files.place(shell, environ)
    install = f"integrations completion install {shell}"
    if not path.is_file():
        yield skipped("completion", f"not installed for {shell}", install, "not_installed")
    elif not files.ours(path):
        yield warning("completion", "foreign_file", f"another file stands at {path}", f"integrations completion show {shell}")
    elif path.read_text("ascii", "replace") != files.text(shell):
        yield warning("completion", "outdated", f"the file for {shell} is of another version", install)
    else:
        took = min(_answer(environ) for _ in range(TRIES))
        if took > SLOW:
            yield warning(
                "completion", "slow", f"installed for {shell}, but an answer takes {took * 1000:.0f} ms", "integrations store status -v"
            )
        else:
            yield ok("completion", f"installed for {shell}, answers in {took * 1000:.0f} ms")


def _answer(environ: Mapping[str, str]) -> float:
    """Seconds from the start of the program to its end, as the shell waits for it at a TAB."""
    began = time.monotonic()
    command = [sys.executable, "-m", "integrations_cli", "__complete", "bash", "integrations", "show", ""]
    subprocess.run(command, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    return time.monotonic() - began
