"""Who was granted what, and the two changes there are. Every change is audited: in the chain of the website, or of the store."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session, col, delete, select

from integrations_cli.access import OWNER, Principal
from integrations_cli.errors import NotFound, Refused
from integrations_cli.store.audit import Audit
from integrations_cli.store.guard import Guard
from integrations_cli.store.tables import AccessGrant, AccessOwner, Website


@dataclass(frozen=True, slots=True)
class Role:
    """One grant: `website` is a slug, None for an owner of the whole store; `principal` is like `uid:1000`."""

    website: str | None
    principal: str
    role: str


class Roles:
    """The grants, inside one conversation. Changes are for owners, or for everybody while nothing was granted yet."""

    def __init__(self, session: Session, audit: Audit, guard: Guard, recovered: Callable[[], bool]) -> None:
        self._session, self._audit, self._guard, self._recovered = session, audit, guard, recovered

    def owners(self) -> list[Role]:
        """Of the whole store."""
        return [Role(None, who, OWNER) for who in self._session.exec(select(AccessOwner.principal).order_by(col(AccessOwner.principal)))]

    def on_websites(self, who: str | None = None) -> list[Role]:
        """By website and principal, on the websites for which the announced action is allowed; of one principal, or of all."""
        query = select(Website, AccessGrant).join(AccessGrant, col(AccessGrant.website_id) == col(Website.id))
        query = query.where(AccessGrant.principal == who) if who is not None else query
        rows = self._session.exec(query.order_by(col(Website.slug), col(AccessGrant.principal)))
        return [Role(site.slug, one.principal, one.role) for site, one in rows if self._guard.may(self._guard.needs, site.id)]

    def switched_on(self) -> bool:
        """True once anything was granted."""
        return not self._guard.grants.none

    def grant(self, who: Principal, role: str, website: Website | None) -> str | None:
        """Give the role (one each on a website) and return the one before. The first grant makes whoever gives it an owner as well.

        Raises Refused (8) for others than owners. Whoever has unlocked the store with its recovery key may make owners: there must be a
        way back when the owners are gone, or have other numbers on another machine.
        """
        way = "recovery key" if website is None and not self._guard.may("grant", None) and self._recovered() else None
        if way is None:
            self._guard.must_own()
        if not self.switched_on():
            self._own(self._guard.who.ident)
        was = self._was(who.ident, website)
        if was != role:
            if website is None:
                self._own(who.ident, way)
            else:
                self._session.merge(AccessGrant(principal=who.ident, website_id=website.id, role=role))
                self._audit.record("access.granted", website=website.id, to=who.ident, role=role, was=was)
        self._settle()
        return was

    def revoke(self, who: str, website: Website | None) -> list[Role]:
        """Take the role on a website away, or (None) every role and the ownership of the store; what it was. Raises as `taken`."""
        found = self.taken(who, website)
        for one in reversed(found):
            if one.website is None:
                self._session.exec(delete(AccessOwner).where(col(AccessOwner.principal) == who))
                self._audit.record("access.revoked", to=who, was=OWNER)
                continue
            site = self._session.exec(select(Website).where(Website.slug == one.website)).one()
            self._session.exec(delete(AccessGrant).where(col(AccessGrant.principal) == who, col(AccessGrant.website_id) == site.id))
            self._audit.record("access.revoked", website=site.id, to=who, was=one.role)
        self._settle()
        return found

    def taken(self, who: str, website: Website | None) -> list[Role]:
        """What `revoke` takes away: the role on a website, or (None) every role, and the ownership of the store.

        Raises NotFound (3) when there is nothing to take, Refused (8) for the last owner.
        """
        self._guard.must_own()
        owned = [one for one in self.owners() if one.principal == who] if website is None else []
        taken = [one for one in self.on_websites(who) if website is None or one.website == website.slug]
        if not (owned or taken):
            raise NotFound(
                f"there is no role to take{f' on {website.slug}' if website else ''}", "none was granted", "integrations access list -A"
            )
        if owned and len(self.owners()) == 1:
            raise Refused("the last owner stays", "a store whose roles are checked needs one", "integrations access grant SOMEBODY owner")
        return [*owned, *taken]

    def _was(self, who: str, website: Website | None) -> str | None:
        if website is None:
            return OWNER if self._session.get(AccessOwner, who) is not None else None
        found = self._session.get(AccessGrant, (who, website.id))
        return found.role if found is not None else None

    def _own(self, who: str, way: str | None = None) -> None:
        if self._session.get(AccessOwner, who) is None:
            self._session.add(AccessOwner(principal=who))
            self._session.flush()
            self._audit.record("access.granted", to=who, role=OWNER, by=way)

    def _settle(self) -> None:
        self._session.flush()
        self._guard.forget()
