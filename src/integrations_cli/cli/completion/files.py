"""The completion files as shipped, and where each shell looks for a person's own. Never a start-up file."""

import os
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from integrations_cli.cli.completion.shells import MARK, NAMES
from integrations_cli.errors import Conflict, UsageError

SHELLS = tuple(NAMES)


def text(shell: str) -> str:
    """The file for the shell."""
    return (resources.files("integrations_cli.cli.completion") / "scripts" / NAMES[shell]).read_text("ascii")


def shell_in_use(environ: Mapping[str, str]) -> str:
    """The name of the login shell. Raises UsageError (2) when it is none of ours."""
    name = Path(environ.get("SHELL", "")).name
    name = {"pwsh": "powershell"}.get(name, name)
    if name in SHELLS:
        return name
    raise UsageError("which shell?", "SHELL names none of them", [f"integrations completion install {shell}" for shell in SHELLS])


def place(shell: str, environ: Mapping[str, str]) -> Path:
    """Where the file belongs, below the person's own directories."""
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    configuration = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if shell == "bash":
        own = environ.get("BASH_COMPLETION_USER_DIR", "").partition(":")[0]
        return Path(own or data / "bash-completion") / "completions" / "integrations"
    if shell == "zsh":
        return data / "zsh" / "site-functions" / NAMES[shell]
    if shell == "fish":
        return configuration / "fish" / "completions" / NAMES[shell]
    return configuration / "powershell" / "completions" / NAMES[shell]


def line(shell: str, path: Path) -> tuple[str, str] | None:
    """What a person may have to add: when, and the line. fish needs none."""
    if shell == "bash":
        return "without the package bash-completion, add to ~/.bashrc", f"source {_quoted(path)}"
    if shell == "zsh":
        return "unless the directory is in fpath, add to ~/.zshrc, before compinit", f"fpath=({_quoted(path.parent)} $fpath)"
    if shell == "powershell":
        quoted = str(path).replace("'", "''")
        return "add to your $PROFILE", f". '{quoted}'"
    return None


def _quoted(path: Path) -> str:
    from shlex import quote  # noqa: PLC0415  only on the way to a person

    return quote(str(path))


def write(shell: str, environ: Mapping[str, str]) -> Path:
    """Write the file, 0644, whole or not at all. Raises Conflict (4) when another file stands there."""
    path = place(shell, environ)
    if path.exists() and not ours(path):
        raise Conflict(f"there is another file at {path}", "it is not made by integrations", f"integrations completion show {shell}")
    path.parent.mkdir(parents=True, exist_ok=True)
    number, temporary = tempfile.mkstemp(dir=path.parent, prefix=".integrations-")
    try:
        with os.fdopen(number, "w", encoding="ascii", newline="\n") as file:
            file.write(text(shell))
        os.chmod(temporary, 0o644)  # it holds nothing secret
        os.replace(temporary, path.resolve())
    except BaseException:
        os.unlink(temporary)
        raise
    return path


def remove(shell: str, environ: Mapping[str, str]) -> Path | None:
    """Remove the file, if it is there. Raises Conflict (4) when it is not ours."""
    path = place(shell, environ)
    if not path.exists():
        return None
    if not ours(path):
        raise Conflict(f"there is another file at {path}", "it is not made by integrations")
    path.unlink()
    return path


def ours(path: Path) -> bool:
    """True if we have made the file: it says so in its first two lines."""
    with path.open("rb") as file:
        return MARK.encode() in file.readline(400) + file.readline(400)
