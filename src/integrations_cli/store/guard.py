"""The choke point of a conversation: which websites there are for this principal, and whether the action at hand is theirs."""

from functools import cached_property

from sqlmodel import Session

from integrations_cli import denial
from integrations_cli.access import Grants, Principal, authorize
from integrations_cli.store import granted
from integrations_cli.store.tables import Website


class Guard:
    """`needs` is the action that whoever opened the store has announced: every website that is fetched is fetched for it."""

    def __init__(self, session: Session, who: Principal, needs: str) -> None:
        self._session, self.who, self.needs = session, who, needs

    @cached_property
    def grants(self) -> Grants:
        """Read once in a conversation, when first needed."""
        rows = self._session.connection().exec_driver_sql(granted.QUERY, (self.who.ident,))
        return granted.grants((who, website, role) for who, website, role in rows)

    def forget(self) -> None:
        """The grants were changed."""
        self.__dict__.pop("grants", None)

    def may(self, action: str, website: bytes | None) -> bool:
        """The one decision, for this principal."""
        return authorize(self.who, action, website, self.grants)

    def sees(self, website: bytes) -> bool:
        """False: it looks missing."""
        return self.may("see", website)

    def must(self, website: Website) -> None:
        """Raises Refused (8) unless the announced action is allowed on it. Ask only for websites that are seen."""
        if not self.may(self.needs, website.id):
            raise denial.on_website(self.who, self.needs, website.slug, website.id, self.grants)

    def must_own(self) -> None:
        """Raises Refused (8) for whoever does not own the store."""
        if not self.may("keys", None):
            raise denial.on_store(self.who, self.grants)
