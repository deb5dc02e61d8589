"""Make a plan: findings against what is stored. Pure: writes nothing, calls nobody; the same input gives the same plan."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from integrations_cli import registry
from integrations_cli.actions.lining import Builder, Fingerprint
from integrations_cli.actions.plan import Change, Line, Plan, Policy, is_written
from integrations_cli.actions.routes import Routes
from integrations_cli.card import Card
from integrations_cli.errors import NotFound
from integrations_cli.masking import Secret, safe
from integrations_cli.provider import Provider
from integrations_cli.sources import showing
from integrations_cli.sources.finding import Entry, Fault, Finding, Ignored, Reading

SHORTEST = 8  # characters of a value that is worth comparing across websites
Accepted = tuple[Line, Mapping[str, Secret]]
"""A line, and the credentials of its source as they would be stored, whether or not they are to be written."""


@dataclass
class _Group:
    """What the source has for one integration."""

    findings: list[Finding] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def build(
    reading: Reading,
    routes: Routes,
    stored: Callable[[str], Mapping[str, Card]],
    fingerprint: Fingerprint,
    policy: Policy,
    *,
    compares: bool = True,
) -> Plan:
    """The plan. `stored` gives the cards of a website by provider. Unless it `compares`, equal values of several websites get no note."""
    found = accepted(reading, routes, stored, fingerprint, policy)
    return Plan(reading, routes.rule, policy, in_order(found, compares=compares))


def accepted(
    reading: Reading, routes: Routes, stored: Callable[[str], Mapping[str, Card]], fingerprint: Fingerprint, policy: Policy
) -> list[Accepted]:
    """The lines of `build`, before they are compared with one another and sorted."""
    nameless = [(website, fault) for fault in reading.faults if not fault.provider for website in routes.of(fault.website) or ("",)]
    known = routes.known
    found: list[Accepted] = [(_nameless(site if site in known else showing.website(site), fault), _NOTHING) for site, fault in nameless]
    made: set[str] = set()
    for (website, name), group in sorted(_groups(reading, routes).items()):
        if not routes.may_be(website):
            found.append((_refused(showing.website(website), name, group, "unknown_website", routes.refused(website)), _NOTHING))
            continue
        definition = _definition(name)
        if definition is None:
            found.append((_refused(website, name, group, "unknown_provider", "the catalogue has no provider of that name"), _NOTHING))
            continue
        cards = stored(website) if website in routes.known else {}
        builder = Builder(definition, website, cards.get(name), fingerprint, policy)
        line = builder.line(group.findings, group.faults, group.entries)
        if line is None:  # a region or a list id alone is no integration
            reading.ignored += [Ignored(one.place, "no_credential", website) for one in group.findings]
            continue
        if website not in routes.known and is_written(line, policy):
            made.add(website)
        found.append((line, builder.credentials))
    return [*found, *((new_website(website), _NOTHING) for website in made)]


def new_website(slug: str) -> Line:
    """The line of one that is made."""
    return Line("create", slug, "", "", detail="a new website")


def in_order(found: Sequence[Accepted], *, compares: bool) -> list[Line]:
    """The lines as a plan has them, sorted; if it `compares`, those whose value another website has too with a note."""
    lines = _like_others(found) if compares else [line for line, _ in found]
    return sorted(lines, key=lambda line: (*line.key, line.detail or ""))


def _groups(reading: Reading, routes: Routes) -> dict[tuple[str, str], _Group]:
    groups: dict[tuple[str, str], _Group] = {}
    websites: dict[str | None, tuple[str, ...]] = {}

    def those_of(one: Finding | Entry | Fault) -> list[_Group]:
        if one.website not in websites:
            websites[one.website] = routes.of(one.website) or ("",)
        found = []
        for website in websites[one.website]:
            group = groups.get((website, one.provider))
            if group is None:
                group = groups[website, one.provider] = _Group()
            found.append(group)
        return found

    for found in reading.findings:
        for group in those_of(found):
            group.findings.append(found)
    for fault in reading.faults:
        for group in those_of(fault) if fault.provider else ():
            group.faults.append(fault)
    for entry in reading.entries:
        for group in those_of(entry):
            group.entries.append(entry)
    return groups


def _definition(name: str) -> Provider | None:
    try:
        return registry.get(name)
    except NotFound:
        return None


def _nameless(website: str, fault: Fault) -> Line:
    missing = (Change("", False, "missing", fault.place),)
    return Line(fault.kind, website, "", "", missing, fault.reason, f"{fault.place}: {fault.detail}")


def _refused(website: str, name: str, group: _Group, reason: str, detail: str) -> Line:
    found: list[Finding | Fault | Entry] = [*group.findings, *group.faults, *group.entries]
    places = dict.fromkeys(one.place for one in found)
    changes = tuple(Change("", False, "bad", place) for place in places)
    definition = _definition(name)
    return Line("invalid", website, definition.category if definition else "", safe(name, 40), changes, reason, detail)


def _like_others(found: Sequence[Accepted]) -> list[Line]:
    """The lines, with a note where a website before them, by name, has the same value."""
    lines = [line for line, _ in found]
    if _all_differ(found):
        return lines
    seen: dict[bytes, str] = {}
    once = os.urandom(32)  # equal values of several websites are found with a key that is gone after this run
    for at in sorted(range(len(found)), key=lambda at: lines[at].key):
        lines[at] = _like_another(*found[at], once, seen)
    return lines


def _all_differ(found: Sequence[Accepted]) -> bool:
    """True if no value comes twice, which costs much less to see than where it does."""
    values = [(line.provider, name, value.reveal()) for line, given in found for name, value in given.items()]
    return len(set(values)) == len(values)


def _like_another(line: Line, credentials: Mapping[str, Secret], once: bytes, seen: dict[bytes, str]) -> Line:
    """The line with a note when another website has the same value."""
    notes: set[str] = set()
    for name, value in credentials.items():
        if not line.fields or len(value.reveal()) < SHORTEST:
            continue
        text = f"{line.provider}.{name}.{value.reveal()}".encode("utf-8", "surrogatepass")
        mark = hashlib.blake2b(text, key=once, digest_size=16).digest()
        other = seen.setdefault(mark, line.website)
        notes |= {f"same_value_as {other}"} if other != line.website else set()
    return replace(line, notes=tuple(sorted({*line.notes, *notes}))) if notes else line


_NOTHING: Mapping[str, Secret] = MappingProxyType({})
