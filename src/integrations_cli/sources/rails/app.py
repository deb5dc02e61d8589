"""The credentials file of an application directory: which file and which key Rails itself would take, and its content.

Content: `config/credentials/ENV.yml.enc` if it exists, else `config/credentials.yml.enc`. Key: what was given, RAILS_MASTER_KEY if
not blank, `config/credentials/ENV.key` if it exists, else `config/master.key`. The two choices are independent, files are not merged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integrations_cli import pasted
from integrations_cli.errors import MissingInput, NotFound, Unreadable, UsageError, system_says
from integrations_cli.masking import Secret
from integrations_cli.sources.rails import document, message

LARGEST_KEY = 64 * 1024


@dataclass(frozen=True)
class Application:
    """Where to look. `master_key` was given by a secret option; `content` names one file instead of the choice."""

    root: Path = Path()
    env: str = "production"
    content: Path | None = None
    master_key: Secret | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def content_name(self) -> str:
        """The file, as messages name it."""
        if self.content is not None:
            return self.content.name
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", self.env):
            raise UsageError("--rails-env: letters, digits, - and _")
        own = f"config/credentials/{self.env}.yml.enc"
        return own if (self.root / own).exists() else "config/credentials.yml.enc"

    def there(self) -> bool:
        """True if there is a credentials file."""
        return (self.content or self.root / self.content_name()).exists()


@dataclass
class Opened:
    """The content of a credentials file."""

    name: str
    document: document.Document
    notes: list[str]


def read(one: Application) -> Opened:
    """Open the credentials file. Raises NotFound (3) without a file, MissingInput (2) without a key, Unreadable (7)."""
    name = one.content_name()
    path = one.content or one.root / name
    try:
        with path.open("rb") as file:
            data = file.read(message.LARGEST + 1)
    except OSError as error:
        raise NotFound(
            f"{pasted.path(name)}: cannot be read", system_says(error), "integrations migrate rails --root DIR --dry-run"
        ) from None
    keys = list(_keys(one))
    if not keys:
        tries = ["set RAILS_MASTER_KEY", "--secret-file master_key=PATH"]
        raise MissingInput(
            "no key: set RAILS_MASTER_KEY or pass --secret-file master_key=PATH", "Rails would read {} and say nothing", tries
        )
    origin, text = keys[0]
    try:
        key, notes = message.key_of(text.reveal())
    except Unreadable as error:
        raise Unreadable(f"{origin}: {error.what}", error.why, error.tries, error.reason) from None
    try:
        clear = message.decrypt(data, key)
        if clear is None:
            raise Unreadable(f"{origin} does not open it", _other(data, keys[1:]), reason="wrong_key")
        found = document.read(clear)
    except Unreadable as error:
        raise Unreadable(f"{name}: {error.what}", error.why, error.tries, error.reason) from None
    return Opened(name, found, [*notes, *found.notes])


def _keys(one: Application) -> "list[tuple[str, Secret]]":
    """Every key there is, the one that counts first."""
    found = [("the key that was given", one.master_key)] if one.master_key is not None else []
    named = one.environ.get("RAILS_MASTER_KEY", "")
    if named.strip():
        found.append(("RAILS_MASTER_KEY", Secret(named)))
    for name in (f"config/credentials/{one.env}.key", "config/master.key"):
        text = _file(one.root / name, name)
        if text is not None:
            found.append((name, text))
    return found


def _file(path: Path, name: str) -> Secret | None:
    try:
        with path.open("rb") as file:
            return Secret(file.read(LARGEST_KEY).decode("latin-1"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotFound(f"{name}: cannot be read", system_says(error)) from None


def _other(data: bytes, others: "list[tuple[str, Secret]]") -> str | None:
    """Another key that would open it is named, never used: Rails would not use it either."""
    for origin, text in others:
        try:
            if message.decrypt(data, message.key_of(text.reveal())[0]) is not None:
                return f"{origin} would open it, but it is not the one that counts here"
        except Unreadable:
            continue
    return None
