"""Which websites there are for whoever acts, which one a command is about (D3), and whether they may do what it does (SECURITY.md §9)."""
# ruff: noqa: PLC0415  as in tools.py, of which this is a part: the store is entered when a website is first looked for

from __future__ import annotations

import os

from integrations_cli.access import Grants, authorize, me
from integrations_cli.cli.needs import STORE
from integrations_cli.errors import IntegrationsError, NotFound, Unreadable, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import NoReturn

    from integrations_cli.cli.ask import Ask
    from integrations_cli.cli.params import Options
    from integrations_cli.cli.tools import Doors
    from integrations_cli.cli.view.out import Out
    from integrations_cli.config import Config
    from integrations_cli.store.glance import WebsiteLine, reading


class Permitted:
    """The choke point of the command line: a command gets its website here, or none, and not before it said what it needs."""

    doors: Doors
    options: Options

    if TYPE_CHECKING:  # the rest of Tools

        @property
        def config(self) -> Config: ...
        @property
        def ask(self) -> Ask: ...
        @property
        def out(self) -> Out: ...
        def short(self, path: object) -> str: ...
        def retyped(self, instead: Mapping[str, str] | None = None) -> str: ...

    def __init__(self) -> None:
        self.needs = STORE  # until the command says what it needs: the most that can be asked for
        self._grants: Grants | None = None
        self._warned = False  # of a restored store

    # ── who may (SECURITY.md §9) ──

    def begin(self, needs: str) -> None:
        """The command says what it needs, before it does anything. Raises Refused (8) for what only owners of the store may do.

        A line that names one website and wants all of them at once is not understood: UsageError (2).
        """
        if self.options.website is not None and self.options.all_websites:
            raise UsageError("-w and -A exclude each other", "one website, or every one", self.retyped({"-A": "", "--all-websites": ""}))
        self.needs = needs
        if needs == STORE:
            self.must_own()

    @property
    def action(self) -> str:
        """What the command does to the websites it touches, in the words of access.py."""
        return {STORE: "keys", "": "see"}.get(self.needs, self.needs)

    def must_own(self) -> None:
        """Raises Refused (8) unless the store is one's own; where there is none yet, or only ruins to be mended, it is anybody's."""
        try:
            if not os.path.exists(self.config.store):
                return
        except UsageError:  # its file cannot be read: whoever needs it says so, and a doctor goes on without it, and asks again
            return
        try:
            found = self._known_grants()
        except (NotFound, Unreadable):  # an empty or damaged file holds nothing that could be asked for
            return
        if not authorize(me(), "keys", None, found):
            from integrations_cli import denial

            raise denial.on_store(me(), found)

    def _known_grants(self) -> Grants:
        if self._grants is None:
            from integrations_cli.store import reach

            self._grants = reach.grants(self.config.store)
        return self._grants

    def may(self, line: WebsiteLine) -> bool:
        """Whether the command's action is allowed on a website that is seen."""
        return authorize(me(), self.action, line.id, self._known_grants())

    def _must(self, action: str, line: WebsiteLine) -> None:
        if not authorize(me(), action, line.id, self._known_grants()):
            from integrations_cli import denial

            raise denial.on_website(me(), action, line.slug, line.id, self._known_grants())

    def _looks_missing(self, slug: str, error: NotFound) -> NotFound:
        """The log is told of a website that is missing, or looks so: both take the same time. An owner sees all there are."""
        if not authorize(me(), "see", None, self._known_grants()):
            from integrations_cli.store import reach

            error.denied = "see", reach.ident(self.config.store, slug if slug.isascii() else "")
        return error

    # ── which website (D3) ──

    def current_website(self) -> str | None:
        """The slug chosen with `website use`."""
        try:
            with open(self.config.current, encoding="utf-8", errors="replace") as file:
                return file.read().strip() or None
        except OSError:
            return None

    def use(self, slug: str) -> None:
        """Make it the current website."""
        self.config.config_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.config.current_website.write_text(slug + "\n")

    def website(self, aloud: bool = False, ask: bool = False, needs: str | None = None, everywhere: bool = False) -> str:
        """The slug: from `-w`, the environment, `website use`, or the only one there is. Raises UsageError (2), NotFound (3).

        Refused (8) unless the command's action (else the one it `needs` here) is allowed on it.
        `aloud`: a command that writes, sends or discloses says which one it took when nobody typed it. `ask`: a person may choose.
        `everywhere`: the command takes `-A`, and says so when the website is not clear.
        """
        chosen, origin = self._chosen()
        line = self._at_once(chosen)
        if line is None:
            from integrations_cli.cli import which

            lines = self.glance_websites()
            if chosen is None and not lines and not authorize(me(), "keys", None, self._known_grants()):
                self._refuse_any()
            mine = [one for one in lines if self.may(one)]
            if chosen is None and len(mine) > 1 and ask and self.ask.may_ask():
                return self.ask.choose("Website", [(one.slug, one.slug, one.name if one.name != one.slug else "") for one in mine])
            try:
                slug = which.one(chosen, origin, [one.slug for one in lines], self.retyped(), everywhere)
            except NotFound as error:
                raise (self._looks_missing(chosen, error) if chosen else error) from None
            line = next(one for one in lines if one.slug == slug)
        self._must(needs or self.action, line)
        slug = line.slug
        if aloud and origin:
            self.out.note(f"website: {slug} ({origin})")
        return slug

    def _at_once(self, chosen: str | None) -> WebsiteLine | None:
        """The website with this slug, or an owner's only one; None: that is not clear. Takes as long for 100,000 as for ten."""
        from integrations_cli.store import glance

        if chosen is not None and not chosen.isascii():  # no slug is
            return None

        with self.looking():
            self.must_exist()
            lines, self._grants = glance.look(self.config.store, chosen, limit=2)
        known = chosen is not None or authorize(me(), "keys", None, self._grants)
        return lines[0] if known and len(lines) == 1 else None

    def websites(self, few: bool = False) -> list[str]:
        """With `-A` all of them on which the command may do what it does, else the one. Raises Refused (8) if it may on none of many.

        `few`: where it may on all of them, two are enough: whoever asks wants to know whether there are more.
        """
        if not self.options.all_websites:
            return [self.website(everywhere=True)]
        lines = self.glance_websites(2) if few else self.glance_websites()
        if few and not authorize(me(), self.action, None, self._known_grants()):
            lines = self.glance_websites()
        if lines and not any(map(self.may, lines)):
            self._refuse_any()
        return [line.slug for line in lines if self.may(line)]

    def mine(self) -> list[str]:
        """The slugs of the websites on which the command may do what it does."""
        return self._slugs("see", self.action)

    def must_on(self, slugs: Collection[str]) -> None:
        """Raises Refused (8) where the command may not do what it does on one of these; one that is not seen is missing, and left out."""
        if authorize(me(), self.action, None, self._known_grants()):
            return
        for line in self.glance_websites():
            if line.slug in slugs:
                self._must(self.action, line)

    def must_somewhere(self) -> None:
        """Raises Refused (8) if there is no website on which the command may do what it does, and the store is not one's own."""
        if not self.mine() and not authorize(me(), self.action, None, self._known_grants()):
            self._refuse_any()

    def _refuse_any(self) -> NoReturn:
        from integrations_cli import denial

        raise denial.on_any(me(), self.action, self._known_grants())

    def some(self) -> list[str] | None:
        """Those; None for an owner of the store: all there are, and the store itself."""
        return None if authorize(me(), "keys", None, self._known_grants()) else self.mine()

    def outsider(self) -> IntegrationsError | None:
        """What somebody is told who sees no website and may not add one; None for an owner of the store."""
        from integrations_cli import denial

        return None if self.some() is None else denial.on_any(me(), "see", self._known_grants())

    def slugs(self) -> list[str]:
        """The slug of every website that is seen; needs no key. Raises NotFound (3) when there is no store yet."""
        return self._slugs("see")

    def _slugs(self, *actions: str) -> list[str]:
        from integrations_cli.store import glance

        with self.looking():
            self.must_exist()
            found, self._grants = glance.slugs(self.config.store, *actions)
        return found

    def glance_websites(self, limit: int = -1) -> list[WebsiteLine]:
        """What can be seen of the websites without a key; with a limit, of so many."""
        from integrations_cli.store import glance

        with self.looking():
            self.must_exist()
            lines, self._grants = glance.look(self.config.store, limit=limit)
        return lines

    def looking(self) -> reading:
        """One connection for all that is looked at inside of the block. Raises NotFound (3) when there is no store yet."""
        from integrations_cli.store import glance

        self._must_be_there()
        return glance.reading(self.config.store)

    def must_exist(self) -> None:
        """Raises NotFound (3) when there is no store yet. Warns once of one that was restored: reads go on, writes refuse."""
        self._must_be_there()
        if not self._warned:
            self._warned = True
            self._warn_of_its_age()

    def _must_be_there(self) -> None:
        if not os.path.exists(self.config.store):
            raise NotFound("no store yet", f"there is nothing at {self.short(self.config.store)}", "integrations init")

    def _warn_of_its_age(self) -> None:
        from integrations_cli.masking import safe
        from integrations_cli.store import provenance

        made, older = provenance.age(self.config.store, self.config.anchored)
        if made:
            self.out.warn(f"this store is a copy of {safe(made)}; nothing is written before: integrations store accept-restore")
        if older:
            self.out.warn("the store is older than what this host has written: it was restored, or the end of its log was cut")

    def chosen(self) -> str | None:
        """The slug that was named somewhere, whether it exists or not."""
        return self._chosen()[0]

    def _chosen(self) -> tuple[str | None, str | None]:
        if self.options.website:
            return self.options.website, None
        named = self.doors.environ.get("INTEGRATIONS_WEBSITE", "").strip()
        if named:
            return named, "from INTEGRATIONS_WEBSITE"
        current = self.current_website()
        return current, "current" if current else None
