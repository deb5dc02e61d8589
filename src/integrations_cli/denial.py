"""What somebody is told who may not do something: the same three lines wherever it was decided."""

from collections.abc import Iterable

from integrations_cli.access import OWNER, PER_WEBSITE, ROLES, Grants, Principal, name_of
from integrations_cli.errors import IntegrationsError, Refused
from integrations_cli.masking import safe

WORDS = {
    "see": "see",
    "use": "use the credentials of",
    "edit": "change",
    "disclose": "hand out the credentials of",
    "audit": "read the audit log of",
    "keys": "rename or remove",
    "grant": "grant roles on",
}


def on_website(principal: Principal, action: str, slug: str, website: bytes, grants: Grants) -> IntegrationsError:
    """Refused (8): it may be seen, and no more than its role allows."""
    role = grants.roles.get((principal.ident, website), "none")
    fit = _least({action, *ROLES.get(role, ())})
    where = "" if fit == OWNER else f" -w {slug}"
    return _denied(
        f"you may not {WORDS.get(action, 'do that to')} {slug}",
        f"your role there is {safe(role, 20)}; {_owners(grants)} may grant another",
        f"integrations access grant {safe(principal.name, 40)} {fit}{where}    (typed by an owner)",
        action,
        website,
    )


def on_store(principal: Principal, grants: Grants) -> IntegrationsError:
    """Refused (8): it is about the store as a whole."""
    return _denied(
        "only an owner of the store may do that",
        f"{_owners(grants)} may make you one",
        f"integrations access grant {safe(principal.name, 40)} {OWNER}    (typed by an owner)",
        "keys",
        None,
    )


def on_any(principal: Principal, action: str, grants: Grants) -> IntegrationsError:
    """Refused (8): there is no website on which it is allowed."""
    role = _least({action})
    return _denied(
        f"you may not {WORDS[action]} any website",
        f"{_owners(grants)} may grant a role for it",
        f"integrations access grant {safe(principal.name, 40)} {role} -w SLUG    (typed by an owner)",
        action,
        None,
    )


def _denied(what: str, why: str, tries: str, action: str, website: bytes | None) -> IntegrationsError:
    error = Refused(what, why, tries)
    error.denied = action, website
    return error


def _least(actions: set[str]) -> str:
    """The smallest role that allows all of it, so that nothing is lost by changing to it."""
    return min((one for one in PER_WEBSITE if actions <= ROLES[one]), key=lambda one: len(ROLES[one]), default=OWNER)


def _owners(grants: Grants) -> str:
    return names(grants.owners) or "an owner"


def names(idents: Iterable[str]) -> str:
    """Some people, as they are called."""
    found = sorted(safe(name_of(one), 40) for one in idents)
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
