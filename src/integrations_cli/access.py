"""Who may do what (SECURITY.md §9): one principal, one table of roles, one decision. Standard library only, and little of it: TAB asks too.

With a local database file this prevents mistakes, not attacks: whoever can read the file and use the key can read every credential.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextvars import ContextVar

    Grant = tuple[str, bytes | None, str]  # principal, the website's id (None: the whole store), role

OWNER = "owner"
ACTIONS = ("see", "use", "edit", "disclose", "audit", "keys", "grant")
ROLES: "Mapping[str, frozenset[str]]" = {
    OWNER: frozenset(ACTIONS),  # of the whole store, so of every website
    "admin": frozenset({"see", "use", "edit", "disclose", "audit"}),
    "operator": frozenset({"see", "use", "disclose"}),
    "viewer": frozenset({"see"}),
    "auditor": frozenset({"see", "audit"}),
}
PER_WEBSITE = ("admin", "operator", "viewer", "auditor")


class Principal:
    """Somebody the operating system knows. `ident` is what grants hold: names may be given to somebody else, numbers are checked."""

    __slots__ = ("_name", "uid")

    def __init__(self, uid: int, name: str | None = None) -> None:
        self.uid, self._name = uid, name

    @property
    def ident(self) -> str:
        """`uid:1000`."""
        return f"uid:{self.uid}"

    @property
    def name(self) -> str:
        """What the system calls them, looked up when it is first shown; the number when it has no name for it."""
        self._name = self._name or _name_of(self.uid)
        return self._name


def _name_of(uid: int) -> str:
    import pwd  # noqa: PLC0415  not there on Windows

    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)


class Grants:
    """The grants of one store, or the part of them that decides about one principal. `none`: nobody was ever granted anything."""

    __slots__ = ("none", "owners", "roles")

    def __init__(self, rows: "Iterable[Grant]" = ()) -> None:
        found = list(rows)
        self.none = not found
        self.owners = frozenset(who for who, website, role in found if website is None and role == OWNER)
        self.roles = {(who, website): role for who, website, role in found if website is not None}


def authorize(principal: Principal, action: str, website: bytes | None, grants: Grants) -> bool:
    """The one decision. `website` is an id; None is the store itself. Whatever is not in the table is denied.

    A store without any grant is open to whoever can unlock it.
    """
    if action not in ACTIONS:
        return False
    if grants.none or principal.ident in grants.owners:
        return True
    role = grants.roles.get((principal.ident, website), "") if website is not None else ""
    return role in PER_WEBSITE and action in ROLES[role]


_local: dict[int, Principal] = {}  # one each, so that a name is looked up once
_acting: "dict[str, ContextVar[Principal | None]]" = {}  # empty until somebody stands in


def me() -> Principal:
    """Who runs this process, as the operating system says; the environment has no say."""
    uid = os.getuid()
    instead = _acting["who"].get() if _acting else None
    return instead or _local.get(uid) or _local.setdefault(uid, Principal(uid))


def uid_of(name: str) -> int | None:
    """The number of a user of this machine."""
    import pwd  # noqa: PLC0415  not there on Windows

    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return None


def name_of(ident: str) -> str:
    """How people call whom a grant names: `uid:1000` → `maria`; anything else is what it is."""
    uid = ident.removeprefix("uid:")
    return _name_of(int(uid)) if ident != uid and uid.isascii() and uid.isdigit() and len(uid) < 11 else ident


class acting:
    """Inside of the block the principal is this one; None: whom the operating system says. For the door that tests come through."""

    def __init__(self, principal: Principal | None) -> None:
        self._principal = principal

    def __enter__(self) -> None:
        self._who = _whoever()
        self._token = self._who.set(self._principal)

    def __exit__(self, *_: object) -> None:
        self._who.reset(self._token)


def _whoever() -> "ContextVar[Principal | None]":
    """One for the process."""
    from contextvars import ContextVar  # noqa: PLC0415  nobody stands in for anybody in an everyday command

    return _acting.get("who") or _acting.setdefault("who", ContextVar("acting", default=None))
