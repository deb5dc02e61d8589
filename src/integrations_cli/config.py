"""Where things live, read once: option, then environment, then configuration file, then default."""

from __future__ import annotations

import os

from integrations_cli.errors import UsageError, system_says
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


class Config(Record, hidden=("environ",)):
    """Directories (never created here) and the few choices a person may make in `config.toml`.

    The database and the key files never share a directory: whoever copies one must not get the other.
    What a listing needs is plain text: `pathlib` costs more than the listing, and is imported only for who asks for a `Path`.
    """

    data: str
    folder: str
    choices: Mapping[str, Any]
    environ: Mapping[str, str]
    key_fd: int | None = None

    @property
    def data_dir(self) -> Path:
        """Where the store is."""
        return _path(self.data)

    @property
    def config_dir(self) -> Path:
        """Where the configuration and the key files are."""
        return _path(self.folder)

    @property
    def store(self) -> str:
        """The SQLite store, as text."""
        return os.path.join(self.data, "store.db")

    @property
    def database(self) -> Path:
        """The SQLite store, 0600 in a directory 0700."""
        return _path(self.store)

    @property
    def keys_dir(self) -> Path:
        """Our own key files, 0600 in a directory 0700."""
        return self.config_dir / "keys"

    @property
    def file(self) -> Path:
        """The configuration file; it never holds a secret."""
        return self.config_dir / "config.toml"

    @property
    def current(self) -> str:
        """One line: the slug chosen with `integrations website use`; as text."""
        return os.path.join(self.folder, "website")

    @property
    def anchored(self) -> str:
        """Where each audit chain ended when this host last wrote, never beside the database; as text."""
        return os.path.join(self.folder, "anchor.json")

    @property
    def anchor(self) -> Path:
        """The same as a path."""
        return _path(self.anchored)

    @property
    def current_website(self) -> Path:
        """The same as a path."""
        return _path(self.current)

    @property
    def providers_allowed(self) -> tuple[str, ...]:
        """Third-party providers that may be loaded, by name: `[providers] allow = ["…"]`."""
        return self._providers("allow")

    @property
    def custom_endpoints(self) -> tuple[str, ...]:
        """Providers that may be pointed at a host of one's own: `[providers] allow_custom_endpoint = ["…"]`."""
        return self._providers("allow_custom_endpoint")

    @property
    def proxy(self) -> str | None:
        """The one proxy that requests go through: `[network] proxy = "http://proxy.example:3128"`. The environment has no say."""
        import re  # noqa: PLC0415  only before a request

        found = self._network("proxy", None)
        if found is not None and not (isinstance(found, str) and re.fullmatch(r"http://[A-Za-z0-9.\[\]:-]+", found)):
            raise UsageError(
                f"{self.file}: [network] proxy cannot be used", "it is an address like http://proxy.example:3128", _edit(self.file)
            )
        return found

    @property
    def private_hosts(self) -> tuple[str, ...]:
        """Names that may lead to addresses off the open internet: `[network] private_hosts = ["posthog.internal.example"]`."""
        found = self._network("private_hosts", [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise UsageError(f"{self.file}: [network] private_hosts cannot be used", "it is a list of names", _edit(self.file))
        return tuple(found)

    @property
    def audit_require(self) -> Any:
        """Where every entry of the audit log has to be as well, before its change is committed: `[audit] require`."""
        section = self.choices.get("audit", {})
        return section.get("require") if isinstance(section, dict) else section

    @property
    def plaintext_allowed(self) -> bool:
        """`[export] plaintext = false` forbids plain exports; so does whatever else stands there and is not `true`."""
        section = self.choices.get("export", {})
        return isinstance(section, dict) and section.get("plaintext", True) is True

    def _network(self, name: str, default: Any) -> Any:
        section = self.choices.get("network", {})
        return section.get(name, default) if isinstance(section, dict) else default

    def _providers(self, name: str) -> tuple[str, ...]:
        section = self.choices.get("providers", {})
        found = section.get(name, []) if isinstance(section, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise UsageError(f"{self.file}: [providers] {name} cannot be used", "it is a list of names", _edit(self.file))
        return tuple(found)


def load(environ: Mapping[str, str] | None = None, home: str | None = None, key_fd: int | None = None, *, choices: bool = True) -> Config:
    """Settle the directories: `--home`, else INTEGRATIONS_HOME (one folder for everything), else what the system says.

    Raises UsageError (2) when `config.toml` cannot be read (without `choices` it is not looked at), and for a folder that is not there and
    looks like a key.
    """
    environ = dict(os.environ if environ is None else environ)
    root = home or environ.get("INTEGRATIONS_HOME")
    if root and not os.path.isdir(root):
        _must_be_a_name(root)
    data, folder = _under(os.path.join(os.getcwd(), os.path.expanduser(root))) if root else _of_the_system(environ)
    chosen = _choices(os.path.join(folder, "config.toml")) if choices else {}
    return Config(data, folder, chosen, environ, key_fd)


def _must_be_a_name(folder: str) -> None:
    from integrations_cli import pasted  # noqa: PLC0415  only before the first `init`

    if pasted.path(folder) != folder:
        raise UsageError("this looks like a key, not like the name of a folder", "--home and INTEGRATIONS_HOME name one")


def _path(text: str) -> Path:
    from pathlib import Path  # noqa: PLC0415  see Config

    return Path(text)


def _under(root: str) -> tuple[str, str]:
    return os.path.join(root, "data"), os.path.join(root, "config")


def _of_the_system(environ: Mapping[str, str]) -> tuple[str, str]:
    if os.name == "posix" and environ.get("HOME") and os.uname().sysname == "Linux":
        # the XDG rules in three lines: the library that knows the other systems costs more than a whole `list`
        found = [os.path.join(environ.get(name) or os.path.join(environ["HOME"], rest), "integrations") for name, rest in _XDG]
        return found[0], found[1]
    from platformdirs import PlatformDirs  # noqa: PLC0415  only where the three lines above do not answer

    dirs = PlatformDirs("integrations", appauthor=False)
    data, folder = dirs.user_data_dir, dirs.user_config_dir
    if folder == data:  # macOS: keep the keys away from the database all the same
        return os.path.join(data, "data"), os.path.join(folder, "config")
    return data, folder


_XDG = (("XDG_DATA_HOME", ".local/share"), ("XDG_CONFIG_HOME", ".config"))


def _edit(path: object) -> str:
    from shlex import quote  # noqa: PLC0415  only after a mistake

    return f"edit {quote(str(path))}"


def _choices(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"cannot read {path}", system_says(error)) from None
    import tomllib  # noqa: PLC0415  most installations have no configuration file

    try:
        return tomllib.loads(text.decode())
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not valid TOML", "it is not UTF-8 text", _edit(path)) from None
    except tomllib.TOMLDecodeError as error:
        _, _, place = str(error).rpartition("(at ")  # what stands there is not repeated
        raise UsageError(f"{path} is not valid TOML", f"it cannot be read at {place.rstrip(')')}", _edit(path)) from None
