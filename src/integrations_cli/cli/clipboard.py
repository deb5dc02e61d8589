"""The clipboard of this desktop; what we put there is taken out again if it is still there."""

import hashlib
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping

from integrations_cli.errors import NotFound, NotWritten

TOOLS = (  # needs this variable, writes, reads
    ("WAYLAND_DISPLAY", ["wl-copy"], ["wl-paste", "--no-newline"]),
    ("DISPLAY", ["xclip", "-selection", "clipboard"], ["xclip", "-selection", "clipboard", "-o"]),
    ("DISPLAY", ["xsel", "--clipboard", "--input"], ["xsel", "--clipboard", "--output"]),
    ("", ["pbcopy"], ["pbpaste"]),
    ("", ["clip.exe"], ["powershell.exe", "-NoProfile", "-Command", "Get-Clipboard"]),
)


def copy(text: str, seconds: float, environ: Mapping[str, str], instead: str) -> None:
    """Put it there, and leave a process behind that clears it after some seconds.

    Raises NotFound (3) when there is none, NotWritten (74) when it takes nothing, with the command to type instead.
    """
    write, read = _tools(environ)
    if not _put(write, text, environ):
        raise NotWritten("it could not be put into the clipboard", f"{write[0]} failed", instead)
    salt = secrets.token_bytes(16)
    digest = hashlib.sha256(salt + text.encode()).digest()  # what waits does not need the value
    if os.fork():
        return
    try:
        os.setsid()
        for number in (0, 1, 2):
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        time.sleep(seconds)
        there = subprocess.run(read, env=dict(environ), capture_output=True, timeout=5, check=False).stdout
        if hashlib.sha256(salt + there.rstrip(b"\r\n")).digest() == digest:
            _put(write, "", environ)
    finally:
        os._exit(0)


def must_be_there(environ: Mapping[str, str], instead: str) -> None:
    """Raises NotFound (3) when there is none, with the command to type instead."""
    try:
        _tools(environ)
    except NotFound as error:
        raise NotFound(error.what, error.why, instead) from None


def _tools(environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    for needs, write, read in TOOLS:
        if (not needs or environ.get(needs)) and shutil.which(write[0], path=environ.get("PATH")):
            return write, read
    raise NotFound("there is no clipboard here", "wl-copy, xclip, xsel, pbcopy or clip.exe is needed")


def _put(write: list[str], text: str, environ: Mapping[str, str]) -> bool:
    """True if it was taken."""
    nowhere = subprocess.DEVNULL
    try:
        return not subprocess.run(write, env=dict(environ), input=text.encode(), timeout=5, stdout=nowhere, stderr=nowhere).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False
