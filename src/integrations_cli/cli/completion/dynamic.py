"""What only the store and the catalogue know: websites, providers, fields. Nothing here needs a key."""

import os

from integrations_cli.cli.completion.line import Spot
from integrations_cli.store.names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from integrations_cli.provider import Provider

    Offers = Iterable[tuple[str, str]]

_XDG = (("XDG_DATA_HOME", ".local/share"), ("XDG_CONFIG_HOME", ".config"))
_PROVIDERS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "providers")


def offers(spot: Spot, environ: "Mapping[str, str]") -> "Offers":
    """What may stand at the spot, with descriptions. Raises `sqlite3.Error` when the store cannot be read."""
    data, config = places(spot.option("--home"), environ)
    store = Store(os.path.join(data, "store.db"), os.path.join(config, "website"), environ)
    third = _third_party(config, spot.option("--home"), environ)
    if spot.takes == "website":
        return store.names().websites(spot.typed)
    if spot.takes == "person":
        return _people(spot, store)
    if spot.takes == "catalogue":
        return [*_catalogue(spot, store), *((name, "third-party") for name in third if name.startswith(spot.typed))]
    if spot.takes == "integration":
        return _integrations(spot, store)
    return _fields(spot)


def _people(spot: Spot, store: "Store") -> "Offers":
    """Who has a role; who may be given one: the people of this machine as well."""
    import sqlite3  # noqa: PLC0415  loaded already by the store

    from integrations_cli.access import name_of  # noqa: PLC0415

    try:
        found = {name_of(ident).removeprefix("uid:"): role for ident, role in store.names().holders()}
    except sqlite3.Error:
        found = {}
    if spot.command == "access grant":
        import pwd  # noqa: PLC0415  not there on Windows

        people = (one.pw_name for one in pwd.getpwall() if one.pw_uid == 0 or 1000 <= one.pw_uid < 65534)
        found = dict.fromkeys(people, "user of this machine") | found
    return [(name, found[name]) for name in sorted(found) if name.startswith(spot.typed)]


def _third_party(folder: str, home: str | None, environ: "Mapping[str, str]") -> tuple[str, ...]:
    """Providers of other packages that the configuration lets in; whether they are installed is not looked at."""
    if not os.path.exists(os.path.join(folder, "config.toml")):
        return ()  # as in most installations, which pay for none of this
    from integrations_cli import config, registry  # noqa: PLC0415

    names = config.load(environ, home).providers_allowed
    registry.allow(names)
    return names


def places(home: str | None, environ: "Mapping[str, str]") -> tuple[str, str]:
    """The data and the configuration directory, as `config.load` settles them, without its imports where that is possible."""
    root = home or environ.get("INTEGRATIONS_HOME")
    if root:
        full = os.path.abspath(os.path.expanduser(root))
        return os.path.join(full, "data"), os.path.join(full, "config")
    if os.name == "posix" and environ.get("HOME") and os.uname().sysname == "Linux":
        found = [os.path.join(environ.get(name) or os.path.join(environ["HOME"], rest), "integrations") for name, rest in _XDG]
        return found[0], found[1]
    from integrations_cli import config  # noqa: PLC0415  other systems have other rules

    settled = config.load(environ)
    return str(settled.data_dir), str(settled.config_dir)


class Store:
    """The store, opened when first needed, and the website that a command without `-w` means."""

    def __init__(self, database: str, current: str, environ: "Mapping[str, str]") -> None:
        self._database, self._current, self._environ = database, current, environ
        self._names: Names | None = None

    def names(self) -> Names:
        """The open store."""
        self._names = self._names or Names(self._database)
        return self._names

    def website(self, spot: Spot) -> str | None:
        """From the line, the environment, `website use`, or the only one there is; else None."""
        named = spot.option("--website") or self._environ.get("INTEGRATIONS_WEBSITE", "").strip() or self._chosen()
        if named:
            return named
        known = self.names().websites(limit=2)
        return known[0][0] if len(known) == 1 else None

    def _chosen(self) -> str:
        try:
            with open(self._current, encoding="utf-8") as file:
                return file.readline().strip()
        except OSError:
            return ""


def _integrations(spot: Spot, store: Store) -> "Offers":
    everywhere = "--all-websites" in spot.values
    website = None if everywhere else store.website(spot)
    if website is None and not everywhere:
        return []
    category, slash, begin = spot.typed.rpartition("/")
    rows = store.names().integrations(website, begin)
    found = [(f"{slash and row[0] + slash}{row[1]}", _told(store, website, *row)) for row in rows if category in ("", row[0])]
    return [one for one in found if one[0] not in spot.arguments]


def _told(store: Store, website: str | None, category: str, provider: str, state: str) -> str:
    if state == "untested" and website and _lacks(provider, store.names().credentials(website, provider)):
        state = "incomplete"
    return f"{category}, {state.replace('_', ' ')}" if state else category


def _lacks(provider: str, stored: list[str]) -> bool:
    """A required credential is missing. Only asked of untested ones: the definition has to be imported."""
    definition = _definition(provider)
    return definition is not None and any(one.required and one.name not in stored for one in definition.credentials)


def _catalogue(spot: Spot, store: Store) -> "Offers":
    category, slash, begin = spot.typed.rpartition("/")
    names = sorted(one[:-3] for one in os.listdir(_PROVIDERS) if one.endswith(".py") and one.startswith(begin) and one[0] != "_")
    known = [(category_of(name), name) for name in names]
    states = _states(spot, store)
    return [
        (f"{slash and where + slash}{name}", f"{where}, {states.get(name, 'not configured')}")
        for where, name in known
        if category in ("", where)
    ]


def _states(spot: Spot, store: Store) -> dict[str, str]:
    """The catalogue is worth showing without a store too."""
    import sqlite3  # noqa: PLC0415  loaded already by the store

    try:
        website = store.website(spot)
        rows = store.names().integrations(website) if website else []
        return {provider: _told(store, website, category, provider, state).partition(", ")[2] for category, provider, state in rows}
    except sqlite3.Error:
        return {}


def category_of(name: str) -> str:
    """The category, read from the text of the definition: importing every provider would take longer than a person waits for a TAB."""
    with open(os.path.join(_PROVIDERS, f"{name}.py"), encoding="utf-8") as file:
        return file.read().partition('\n    category="')[2].partition('"')[0]


def _definition(name: str) -> "Provider | None":
    from integrations_cli import registry  # noqa: PLC0415  costs more than everything else here
    from integrations_cli.errors import NotFound  # noqa: PLC0415

    try:
        return registry.get(name)
    except NotFound:
        return None


def _fields(spot: Spot) -> "Offers":
    definition = _definition(spot.arguments[0]) if spot.arguments else None
    if definition is None:
        return []
    given = {word.partition("=")[0] for word in (*spot.arguments[1:], *(one for values in spot.values.values() for one in values))}
    if spot.takes == "setting=":
        return _settings(definition, spot.typed, given)
    equals = "=" if "=" in spot.takes else ""
    of_kind = {
        "field": (*definition.settings, *definition.credentials),
        "optional": [one for one in (*definition.settings, *definition.credentials) if not one.required],
    }
    return [(one.name + equals, one.label) for one in of_kind.get(spot.takes, definition.credentials) if one.name not in given]


def _settings(definition: "Provider", typed: str, given: set[str]) -> "Offers":
    """`NAME=`, and behind it the choices, or true and false."""
    name, glued, _ = typed.partition("=")
    if not glued:
        return [(f"{one.name}=", one.label) for one in definition.settings if one.name not in given]
    field = next((one for one in definition.settings if one.name == name), None)
    choices = () if field is None else ("true", "false") if field.type == "boolean" else field.choices
    return [(f"{name}={choice}", "") for choice in choices]
