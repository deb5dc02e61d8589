"""Run a provider's check, whatever it does: always an outcome, always in time, never a text that may hold a key."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from integrations_cli import hands
from integrations_cli.masking import Secret, safe
from integrations_cli.provider import MissingExtra, NoAnswer, Outcome, Provider, rate_limited, unreachable, untestable

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from integrations_cli.store import Store
    from integrations_cli.store.store import Conversation
    from integrations_cli.web import Web

GRACE = 1.0  # seconds after the deadline in which a check may still end by itself
SHORTEST = 8  # characters: shorter values would blot out ordinary words


def run(web: "Web", definition: Provider, credentials: Mapping[str, Secret], settings: Mapping[str, Any]) -> Outcome:
    """Ask the provider. Without a required field nothing is sent. A check that hangs or breaks is `unreachable`.

    A host of one's own is asked as it stands in the settings: saving it there needed a permission, and the seal is bound to it.
    """
    missing = definition.missing({*credentials, *settings})
    if missing:
        return untestable(f"missing: {', '.join(missing)}; nothing was sent")
    found = hands.within(web.deadline + GRACE, lambda: _ask(web, definition, credentials, settings))
    outcome = found or unreachable(f"no answer in {web.deadline:g} s", "timeout")
    silent = [name for name in definition.unproven if name in credentials] if outcome.proves else []
    return harmless(outcome.noting(f"not proven by this check: {', '.join(silent)}" if silent else None), credentials)


@contextmanager
def together(web: "Web") -> "Iterator[Callable[[Provider, Mapping[str, Secret], Mapping[str, Any]], Outcome]]":
    """Asks many providers: the checks of one host go over the same connections, as long as these answer well."""
    with web.keeping():
        yield partial(run, web)


def too_often(here: "Conversation", website_id: bytes, definition: Provider) -> Outcome | None:
    """Take a token of the allowance; None, or the outcome of a check that is not sent because there is none left."""
    wait = here.limits.take(website_id, definition)
    if wait is None:
        return None
    tokens, minutes = definition.per_minutes
    return rate_limited(f"the allowance of {tokens} checks in {minutes} min is used up; nothing was sent", wait)


def within(
    open_store: "Callable[[], AbstractContextManager[Store]]", web: "Web", website: str
) -> "Callable[[Provider, Mapping[str, Secret], Mapping[str, Any]], Outcome]":
    """Asks a provider with what is not stored yet, as `recorded` does."""

    def ask(definition: Provider, credentials: Mapping[str, Secret], settings: Mapping[str, Any]) -> Outcome:
        with open_store() as store:
            return recorded(store, website, lambda *given: run(web, *given), definition, credentials, settings)

    return ask


def recorded(
    store: "Store",
    website: str | None,
    check: Callable[[Provider, Mapping[str, Secret], Mapping[str, Any]], Outcome],
    definition: Provider,
    credentials: Mapping[str, Secret],
    settings: Mapping[str, Any],
) -> Outcome:
    """Ask with what is not stored yet: within the allowance of a website, and recorded there before and after.

    A website that is still to be made (None) has no allowance yet; it is recorded in the chain of the store.
    Raises what writing to the store raises; then nothing was sent, or nothing is done with the answer.
    """
    with store.writing() as here:
        chain = here.websites.get(website).id if website is not None else None
        refused = too_often(here, chain, definition) if chain is not None else None
        if refused is not None:
            return refused
        here.audit.record("check.started", website=chain, provider=definition.name)
    outcome = check(definition, credentials, settings)
    with store.writing() as here:
        chain = here.websites.get(website).id if website is not None else None
        here.audit.record("check.finished", website=chain, outcome=outcome.word, cause=outcome.cause, provider=definition.name)
    return outcome


def _ask(web: "Web", definition: Provider, credentials: Mapping[str, Secret], settings: Mapping[str, Any]) -> Outcome:
    try:
        http = web.http(definition, own=definition.own_hosts(settings).values())
        outcome = definition.check(http, definition.given(credentials, settings))
        return outcome if outcome.http_status is not None else outcome.but(http_status=http.last_status)
    except NoAnswer as error:
        return unreachable(error.message, error.cause)
    except MissingExtra as error:
        return Outcome("untestable", f"nothing was sent; it needs: {error.command}", "missing_extra")
    except Exception as error:  # a definition with a fault says nothing about the credentials; its text may hold one
        return unreachable(f"the check of {definition.name} failed ({type(error).__name__})")


def harmless(outcome: Outcome, credentials: Mapping[str, Secret]) -> Outcome:
    """The outcome with every known value taken out of its texts, made safe, then cut."""
    if not (outcome.message or outcome.notes or outcome.account or outcome.account_id):
        return outcome
    forms = sorted({form for value in credentials.values() for form in _forms(value.reveal())}, key=len, reverse=True)

    def clean(text: str) -> str:
        for form in forms:
            text = text.replace(form, "[redacted]")
        return safe(text)

    def whose(text: str | None) -> str | None:
        """None if a value is in it: with the value taken out, every account would be the same one."""
        return safe(text) if text and not any(form in text for form in forms) else None

    return outcome.but(
        message=clean(outcome.message),
        notes=tuple(clean(note) for note in outcome.notes),
        account=whose(outcome.account),
        account_id=whose(outcome.account_id),
    )


def _forms(value: str) -> list[str]:
    if len(value) < SHORTEST:
        return []
    return [value, quote(value, safe=""), base64.b64encode(value.encode()).decode().rstrip("=")]
