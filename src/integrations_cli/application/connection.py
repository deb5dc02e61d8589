"""A connection: one store, opened credentials and counted uses. Threads may share it; nothing is global."""

import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions import denied, hand_out
from integrations_cli.application.recorder import Recorder
from integrations_cli.application.website import Website
from integrations_cli.card import Card
from integrations_cli.errors import IntegrationsError, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.store import glance, open_store, reach

if TYPE_CHECKING:
    from integrations_cli.store import Store
    from integrations_cli.web import Web


def connect(
    home: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    passphrase: Callable[[str], Secret] | None = None,
    fall_back_to_environment: bool = False,
    write_usage_every: float = 5.0,
    web: "Callable[[float], Web] | None" = None,
    clock: Callable[[], datetime] | None = None,
) -> "Connection":
    """Open the store that the command `integrations` uses; the keys are opened when first needed.

    Args:
        home: keep to this folder (`--home`); else INTEGRATIONS_HOME, else where the system keeps such files.
        environ: instead of `os.environ`, for where things live and for the fall-back.
        passphrase: asks for the store's passphrase, where that is the only slot.
        fall_back_to_environment: a provider that a website has not set up is taken from variables such as OPENAI_API_KEY;
            for a gradual move. It is the same value for every website. What is set up and switched off is never taken from there.
        write_usage_every: seconds between two writes of the counted uses.
        web: makes the door to the network, given a deadline in seconds.

    Raises NotFound (no store yet), NotWritten (older schema), Unreadable.
    """
    settled = configuration.load(environ, os.fspath(home) if home is not None else None)
    registry.allow(settled.providers_allowed)
    return Connection(settled, passphrase, fall_back_to_environment, write_usage_every, web, clock)


class Connection:
    """Made by `connect`. Close it, or use it as a context manager: the rest of the counted uses is written then."""

    def __init__(
        self,
        config: configuration.Config,
        passphrase: Callable[[str], Secret] | None,
        fall_back: bool,
        every: float,
        web: "Callable[[float], Web] | None",
        clock: Callable[[], datetime] | None,
    ) -> None:
        self.config, self.fall_back = config, fall_back
        self.store: Store = open_store(config, passphrase, **({"clock": clock} if clock else {}))
        self.store.keys.hardens = False  # the application's process is its own
        self.recorder = Recorder(config.database, every, self.store.clock)
        self._web = web
        self._opening = threading.Lock()
        self._opened: dict[tuple[str, str, str], tuple[tuple[int | None, dict[str, Any]], dict[str, Secret]]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._allowed: set[tuple[str, str]] = set()
        self.tokens: dict[tuple[str, int | None], tuple[Secret, datetime]] = {}  # of services; each under `lock`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write the counted uses and forget every opened credential. Raises NotWritten (74) when the uses cannot be written."""
        self._opened.clear()
        self.tokens.clear()
        try:
            self.recorder.close()
        finally:
            self.store.__exit__()

    def website(self, slug: str) -> Website:
        """One website; raises NotFound (3), also for one on which whoever runs this has no role."""
        self.must("see", slug)
        return Website(self, slug)

    def must(self, action: str, slug: str) -> None:
        """Raises NotFound (3) or Refused (8) unless whoever runs this may do it; the log is told. Asked anew each time."""
        try:
            reach.must(self.config.database, slug, action)
        except IntegrationsError as error:
            denied.record(self.store, error, "python")
            raise

    def must_once(self, action: str, slug: str) -> None:
        """The same, asked once: counting a use costs microseconds."""
        if (action, slug) not in self._allowed:
            self.must(action, slug)
            self._allowed.add((action, slug))

    def websites(self) -> list[Website]:
        """All of them that whoever runs this may see, by slug."""
        return [Website(self, line.slug) for line in glance.websites(self.config.database)]

    def web(self, deadline: float = 10.0, cap: int | None = None) -> "Web":
        """The door to the network: the total time, and the largest answer in bytes."""
        if self._web is not None:
            door = self._web(deadline)
        else:
            from integrations_cli.web import Web  # noqa: PLC0415  httpx comes with it

            door = Web(deadline, private=self.config.private_hosts, proxy=self.config.proxy)
        door.cap = cap or door.cap
        return door

    def opened(self, card: Card, definition: Provider) -> Mapping[str, Secret]:
        """The credentials of the version in use: opened, and recorded in the audit log, once per version and connection.

        They are only for where they are sealed for: opened anew when the card shows another place, and refused if that is not the one.
        Raises Refused (8) without the right to them, also when it was taken away a moment ago, Unreadable (7).
        """
        self.must("disclose", card.website)
        hand_out.must_be_enabled(card)
        shown = card.version, {name: card.settings.get(name) for name in definition.destinations}
        of = card.website, card.provider, card.id  # all three: cards come from a view, which is never believed alone
        kept = self._opened.get(of)
        if kept is None or kept[0] != shown:
            with self._opening:  # one at a time: the log gets one entry, not one per thread
                kept = self._opened.get(of)
                if kept is None or kept[0] != shown:
                    version, values, places = hand_out.opened(self.store, card.website, definition, "python")
                    kept = self._opened[of] = (version, places), values
        if kept[0] != shown:
            why = "what is shown of where it is sent is not what it is sealed for"
            raise Unreadable(
                f"{card.provider} of {card.website} cannot be opened", why, "integrations audit verify --state", "altered_or_moved"
            )
        return kept[1]

    def forget(self, card: Card) -> None:
        """Open it anew the next time."""
        self._opened.pop((card.website, card.provider, card.id), None)

    def lock(self, name: str) -> threading.Lock:
        """The lock of this name, the same for all threads."""
        return self._locks.setdefault(name, threading.Lock())

    @cached_property
    def prices(self) -> Mapping[str, Any]:
        """`[prices]` of the configuration."""
        found = self.config.choices.get("prices", {})
        return found if isinstance(found, dict) else {}

    def default(self, website: str, category: str) -> str | None:
        """The provider that `[defaults]` names for a category; `[defaults.acme]` is for one website."""
        section = self.config.choices.get("defaults", {})
        if not isinstance(section, dict):
            return None
        own = section.get(website)
        chosen = own.get(category) if isinstance(own, dict) and category in own else section.get(category)
        return chosen if isinstance(chosen, str) else None
