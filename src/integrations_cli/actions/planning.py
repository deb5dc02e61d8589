"""Make a plan: findings against what is stored. Pure: writes nothing, calls nobody; the same input gives the same plan."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

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
    nameless = [(website, fault) for fault in reading.faults if not fault.provider for website in routes.of(fault.website) or ("",)]
    lines = [_nameless(website if website in routes.known else showing.website(website), fault) for website, fault in nameless]
    made: set[str] = set()
    seen: dict[bytes, str] = {}
    once = os.urandom(32)  # equal values of several websites are found with a key that is gone after this run
    for (website, name), group in sorted(_groups(reading, routes).items()):
        if not routes.may_be(website):
            lines.append(_refused(showing.website(website), name, group, "unknown_website", routes.refused(website)))
            continue
        definition = _definition(name)
        if definition is None:
            lines.append(_refused(website, name, group, "unknown_provider", "the catalogue has no provider of that name"))
            continue
        cards = stored(website) if website in routes.known else {}
        builder = Builder(definition, website, cards.get(name), fingerprint, policy)
        line = builder.line(group.findings, group.faults, group.entries)
        if line is None:  # a region or a list id alone is no integration
            reading.ignored += [Ignored(found.place, "no_credential", website) for found in group.findings]
            continue
        if website not in routes.known and is_written(line, policy):
            made.add(website)
        lines.append(_like_another(line, builder.credentials, once, seen) if compares else line)
    lines += [Line("create", website, "", "", detail="a new website") for website in made]
    return Plan(reading, routes.rule, policy, sorted(lines, key=lambda line: (*line.key, line.detail or "")))


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
