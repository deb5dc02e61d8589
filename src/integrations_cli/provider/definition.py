"""The definition of a provider: facts, and how to ask it harmlessly whether the credentials work."""

from __future__ import annotations

from collections.abc import Mapping

from integrations_cli.errors import NotFound
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from integrations_cli.masking import Secret
    from integrations_cli.provider.field import Field
    from integrations_cli.provider.http import Http
    from integrations_cli.provider.outcome import Outcome

Given = Mapping[str, "Any"]
"""What a check gets: every credential as `Secret`, every setting as a plain value, defaults filled in, absent ones as None."""


def nothing_to_add(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """`completes` of most providers."""
    return {}


def nothing_to_say(values: Mapping[str, Any]) -> Sequence[str]:
    """`refuses` of most providers."""
    return ()


class Provider(Record):
    """One service: facts, and how to ask it harmlessly whether the credentials work.

    `hosts` are the only hosts a check may contact: exact names, or patterns in `^…$`. `per_minutes` is the allowance of
    checks: (10, 1) is ten in one minute. `completes` fills in what follows from other values (Mailchimp's server prefix);
    it gets clear text and returns clear text. `refuses` names contradictions between fields (test and live keys mixed).
    `env_splits` are names in the environment whose value holds several fields: each function gives field → clear text, or nothing
    for a value that does not have the form. A field's own name wins. `settles_within` is how long a new key may be refused before
    it works, in seconds, where the vendor says so: a rotation asks again until then.
    """

    name: str
    title: str
    category: str
    check: Callable[[Http, Given], Outcome]
    credentials: tuple[Field, ...]
    hosts: tuple[str, ...]
    settings: tuple[Field, ...] = ()
    description: str = ""
    keys_url: str = ""
    keys_help: str = ""
    aliases: tuple[str, ...] = ()
    cost: str = "free, changes nothing"
    per_minutes: tuple[int, int] = (10, 1)
    related_env: tuple[str, ...] = ()  # seen and named, never taken
    env_splits: Mapping[str, Callable[[str], Mapping[str, str]]] = {}
    settles_within: int = 0
    unproven: tuple[str, ...] = ()  # credentials that the check does not prove
    completes: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_to_add
    refuses: Callable[[Mapping[str, Any]], Sequence[str]] = nothing_to_say

    @property
    def fields(self) -> tuple[Field, ...]:
        """Credentials first, then settings, in the order in which a person is asked."""
        return (*self.credentials, *self.settings)

    @property
    def destinations(self) -> tuple[str, ...]:
        """The settings that decide where a credential is sent, by name."""
        return tuple(sorted(one.name for one in self.settings if one.destination))

    def own_hosts(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """Hosts that a setting chooses and that are not the vendor's (a server of one's own): setting → host."""
        chosen = {one.name: settings.get(one.name, one.default) for one in self.settings if one.destination and one.type == "url"}
        hosts = {name: str(value).removeprefix("https://").partition("/")[0].lower() for name, value in chosen.items() if value}
        return {name: host for name, host in hosts.items() if not is_among(host, self.hosts)}

    def is_credential(self, name: str) -> bool:
        """True if the field is sealed and masked."""
        return any(one.name == name for one in self.credentials)

    def field(self, name: str) -> Field:
        """The field called `name`; raises NotFound (3) with the known names and the nearest one."""
        for one in self.fields:
            if one.name == name:
                return one
        near = closest(name, self.fields)
        error = NotFound(
            f"{self.name} has no field of that name",
            f"{f'did you mean {near}; ' if near else ''}its fields are {', '.join(one.name for one in self.fields)}",
            f"integrations providers show {self.name}",
        )
        error.instead = {name: near} if near else {}
        raise error

    def credential(self, name: str) -> Field:
        """The credential called `name`; raises NotFound (3)."""
        found = self.field(name)
        if not self.is_credential(name):
            again = f"integrations set {self.name} {name}=VALUE"
            raise NotFound(f"{name} of {self.name} is a setting, not a credential", "it is no secret: it is typed as NAME=VALUE", again)
        return found

    def defaults(self) -> dict[str, Any]:
        """The default of every setting that has one."""
        return {one.name: one.default for one in self.settings if one.default is not None}

    def given(self, credentials: Mapping[str, Secret], settings: Mapping[str, Any]) -> dict[str, Any]:
        """What the check gets: stored values over defaults, None for what is absent."""
        return {one.name: credentials.get(one.name) for one in self.credentials} | {
            one.name: settings.get(one.name, one.default) for one in self.settings
        }

    def missing(self, names: frozenset[str] | set[str]) -> tuple[str, ...]:
        """The required credentials and settings that are not among `names`."""
        return tuple(one.name for one in self.fields if one.required and one.default is None and one.name not in names)


def is_among(host: str, hosts: Sequence[str]) -> bool:
    """True if the host is one of the names, or fits one of the patterns written as `^…$`."""
    import re  # noqa: PLC0415  only before a request

    return any(re.fullmatch(one, host) if one.startswith("^") else host == one for one in hosts)


_NUMBER_LIKE = r"(0x[0-9a-fA-F]*|[0-9]+)"
_HOST = r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})+"


def is_a_name(host: str) -> bool:
    """False for IP addresses, names of one part, and what a resolver may read as an address: `0x7f.1`, `2130706433`, `127.1`."""
    import re  # noqa: PLC0415  only where a host is given

    return bool(re.fullmatch(_HOST, host)) and not re.fullmatch(_NUMBER_LIKE, host.rpartition(".")[2])


def closest(name: str, fields: Sequence[Field]) -> str | None:
    """The name of the field that was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    near = get_close_matches(name, [one.name for one in fields], 1)
    return near[0] if near else None
