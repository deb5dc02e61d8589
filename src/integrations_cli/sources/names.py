"""Names of variables: which field of which provider they mean, and which are left alone and why (MIGRATION.md §3.2, §3.3)."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from integrations_cli import registry
from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret, is_masked
from integrations_cli.provider import Field, Provider, is_placeholder, is_reference
from integrations_cli.sources.finding import Fault, Finding, Ignored, Reading
from integrations_cli.sources.mapping import Mapped, Target, capitals

LARGEST_FILE = 64 * 1024
INFRASTRUCTURE = re.compile(
    r"SECRET_KEY_BASE|RAILS_MASTER_KEY|DEVISE_SECRET_KEY|ACTIVE_RECORD_ENCRYPTION.*|.*DATABASE_URL|.*DATABASE_PASSWORD|REDIS_.*URL|PGHERO_.*"
    r"|HEALTH_CHECK_TOKEN|TLS_CHECK_SECRET|PROXY_AUTH_SECRET|ADMIN_PASSWORD|BYPASS_.*|SENTRY_DSN|FIREBASE_.*|INTEGRATIONS_.*",
    re.IGNORECASE,
)
OTHER_DIRECTION = re.compile(r"(SPP|HPG)_.*", re.IGNORECASE)
SECOND_ACCOUNT = re.compile(r"R2_ASSETS_.*|CDN_ASSETS_.*")  # one integration per website and provider
NO_SUCH_PROVIDER = re.compile(
    r"SMTP_.*|AWS_SES_.*|ELEVENLABS_API_KEY|PWS_.*|NTFY_.*|.*_API_KEY|.*_API_TOKEN|.*_ACCESS_TOKEN|.*_SECRET_KEY|.*_CLIENT_SECRET"
)
_STARS = re.compile(r"[•●∙·*]{3,}")  # a mask, although it is one character repeated


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for. `path`: its value names a file that holds the value; `asked`: taken only with --include."""

    provider: str
    field: str
    path: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """One name with its value, as a source found it."""

    name: str
    value: str
    place: str
    notes: tuple[str, ...] = ()
    problem: tuple[str, str] | None = None  # a fixed word and the same in ours: why it cannot be meant as it stands


def index() -> dict[str, Meaning]:
    """Every name of the catalogue; case counts."""
    meanings: dict[str, Meaning] = {}
    for one in registry.all():
        for each in one.fields:
            for name in (*each.env, *each.env_if_asked, *each.env_file):
                meanings[name] = Meaning(one.name, each.name, path=name in each.env_file, asked=name in each.env_if_asked)
    return meanings


def composites() -> dict[str, Provider]:
    """Names whose value holds several fields of one provider."""
    return {name: one for one in registry.all() for name in one.env_splits}


def related() -> frozenset[str]:
    """Names that are seen and named, never taken."""
    return frozenset(name for one in registry.all() for name in one.related_env)


@dataclass(frozen=True)
class Wanted:
    """What narrows or widens the run: names to take although ambiguous, the only providers, a mapping, prefixes of these websites."""

    include: Collection[str] = ()
    only: Collection[str] = ()
    mapped: Mapped = field(default_factory=Mapped)
    prefixes: Collection[str] = ()  # slugs; empty: no name is split


def interpret(
    reading: Reading, pairs: Iterable[Named], wanted: Wanted = Wanted(), more: Mapping[str, Meaning] = MappingProxyType({})
) -> Reading:
    """Sort names with their values into findings, ignored ones and faults. `more` are names beside those of the environment."""
    meanings, seen = {**index(), **more}, related()
    include = _asked_for(wanted.include, meanings)
    known = _Known(meanings, composites(), seen, include)
    for pair in pairs:
        reading.names += 1
        target = wanted.mapped.names.get(pair.name)
        found = _mapped(pair, target) if target is not None else _prefixed(pair, known, wanted.prefixes) or _one(pair, known)
        for each in found:
            keep(reading, each, wanted.only)
    return reading


@dataclass(frozen=True)
class _Known:
    """The names of a run: what they mean, those that hold several fields, those only seen, and the ambiguous ones that are taken."""

    meanings: Mapping[str, Meaning]
    splits: Mapping[str, Provider]
    seen: Collection[str]
    include: Collection[str]

    def means(self, name: str) -> bool:
        """True for a name of ours, and for one whose value names a file."""
        return name in self.meanings or name in self.splits or name.removesuffix("_FILE") in self.meanings


def _asked_for(names: Collection[str], meanings: Mapping[str, Meaning]) -> frozenset[str]:
    """Ambiguous names that are taken, with the settings of the same provider: a region belongs to the keys beside it.

    Raises UsageError (2) for a name that there is not.
    """
    asked = {name for text in names for name in text.split(",") if name}
    if not asked.issubset(meanings):
        raise UsageError("--include: there is no such name", "it takes names of the environment, such as GOOGLE_API_KEY")
    providers = {meanings[name].provider for name in asked}
    beside = {
        name
        for name, one in meanings.items()
        if one.asked and one.provider in providers and not registry.get(one.provider).is_credential(one.field)
    }
    return frozenset(asked | beside)


def _mapped(pair: Named, target: Target) -> Iterator[Finding | Ignored | Fault]:
    """What the mapping file says about this very name."""
    if target.ignore is not None:
        yield Ignored(pair.place, "mapping")
        return
    found = value_of(pair, Meaning(target.provider, target.field), path=False)
    for website in target.websites or (None,):
        yield belonging(found, website) if website else found


def belonging(found: Finding | Ignored | Fault, website: str | None) -> Finding | Ignored | Fault:
    """The same, of this website."""
    return found._replace(website=website) if isinstance(found, Finding) else replace(found, website=website)


def _prefixed(pair: Named, known: _Known, prefixes: Collection[str]) -> list[Finding | Ignored | Fault]:
    """`ACME_STRIPE_SECRET_KEY`: a website's name before a name of ours. A name known as it stands is never split.

    `ACME_GOOGLE_MAPS_API_KEY` is read in two ways where there is acme and acme-google: then it goes to neither.
    """
    if not prefixes or pair.name in known.meanings or pair.name in known.splits:
        return []
    readings = [
        (slug, rest)
        for slug in prefixes
        if pair.name.startswith(head := f"{capitals(slug)}_") and known.means(rest := pair.name[len(head) :])
    ]
    if len(readings) < 2:
        clear = replace(known, include=known.meanings)  # with a website's name in front no name is ambiguous
        return [belonging(found, slug) for slug, rest in readings for found in _one(replace(pair, name=rest), clear)]
    detail = f"it may belong to {' or '.join(sorted(slug for slug, _ in readings))}: say which in a --mapping file"
    faults: list[Finding | Ignored | Fault] = []
    for slug, rest in readings:
        one = known.meanings.get(rest) or known.meanings.get(rest.removesuffix("_FILE")) or Meaning(known.splits[rest].name, "")
        faults.append(Fault(pair.place, "ambiguous_name", detail, one.provider, one.field, slug, kind="conflict"))
    return faults


def _split(pair: Named, one: Provider) -> Iterator[Finding | Ignored | Fault]:
    """A value that holds several fields."""
    parts = one.env_splits[pair.name](pair.value.strip())
    if not parts:
        whole = value_of(pair, Meaning(one.name, next(field.name for field in one.credentials)), path=False)
        wrong = Fault(pair.place, "syntax", f"not the form that {one.title} gives it", one.name)
        yield wrong if isinstance(whole, Finding) else whole
    for name, text in parts.items():
        yield value_of(replace(pair, value=text), Meaning(one.name, name), path=False)


def keep(reading: Reading, found: Finding | Ignored | Fault, only: Collection[str]) -> None:
    """Put it where it belongs; what is for none of the `only` providers was not asked for."""
    if isinstance(found, Ignored):
        reading.ignored.append(found)
    elif only and found.provider and found.provider not in only:
        reading.ignored.append(Ignored(found.place, "not_asked_for"))
    elif isinstance(found, Fault):
        reading.faults.append(found)
    else:
        reading.findings.append(found)


def _one(pair: Named, known: _Known) -> Iterator[Finding | Ignored | Fault]:
    if pair.name in known.splits:
        yield from _split(pair, known.splits[pair.name])
        return
    meaning, path = known.meanings.get(pair.name), False
    if meaning is None and pair.name.endswith("_FILE"):
        meaning, path = known.meanings.get(pair.name.removesuffix("_FILE")), True
    if meaning is None:
        reason = _left_alone(pair.name, known.seen)
        if reason:
            yield Ignored(pair.place, reason)
    elif meaning.asked and pair.name not in known.include and pair.name.removesuffix("_FILE") not in known.include:
        yield Ignored(pair.place, "ambiguous_without_include")
    else:
        yield value_of(pair, _by_shape(pair, meaning), path or meaning.path)


def _by_shape(pair: Named, meaning: Meaning) -> Meaning:
    """A name that is used for two fields (`POSTHOG_API_KEY`) means the one whose shape the value has."""
    known = registry.get(meaning.provider).field(meaning.field).lookalikes
    other = next((one.belongs for one in known if one.belongs and re.search(one.pattern, pair.value.strip())), None)
    return replace(meaning, field=other) if other else meaning


def _left_alone(name: str, seen: Collection[str]) -> str | None:
    """Why a name outside the catalogue is worth naming; None for the many that are none of our business."""
    if INFRASTRUCTURE.fullmatch(name):
        return "infrastructure"
    if OTHER_DIRECTION.fullmatch(name):
        return "other_direction"
    if SECOND_ACCOUNT.fullmatch(name):
        return "second_account"
    if name in seen:
        return "related"
    return "no_such_provider" if NO_SUCH_PROVIDER.fullmatch(name) else None


def value_of(pair: Named, meaning: Meaning, path: bool) -> Finding | Ignored | Fault:
    """What the value of one field is: found, or why it is left or cannot be right. The one set of rules of every source."""
    raw, place, text = pair.value, pair.place, pair.value.strip()
    if not text:
        return Ignored(place, "empty")
    known = _field(meaning)
    if not _STARS.fullmatch(text) and (known.holds_a_place(text) if known else is_placeholder(text)):
        return Ignored(place, "placeholder")
    if pair.problem is not None:
        return Fault(place, *pair.problem, meaning.provider, meaning.field)
    if is_reference(text):
        why = "a reference, not a value; resolve it first: op run --env-file .env -- integrations migrate env"
        return Fault(place, "reference", why, meaning.provider, meaning.field)
    if is_masked(raw):
        return Fault(place, "masked", "copied from a mask", meaning.provider, meaning.field)
    if path:
        return _of_file(pair, meaning)
    left = known.left_alone(text) if known and known.lookalikes else None
    return Ignored(place, left) if left else Finding(meaning.provider, meaning.field, Secret(raw), place, notes=pair.notes)


def _field(meaning: Meaning) -> Field | None:
    """None for a name that the catalogue does not have: of a row, or of a table."""
    definition = registry.get(meaning.provider) if meaning.provider in registry.names() else None
    return next((one for one in definition.fields if one.name == meaning.field), None) if definition else None


def _of_file(pair: Named, meaning: Meaning) -> Finding | Fault:
    try:
        with Path(pair.value.strip()).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            return Fault(pair.place, "too_large", "the file it names holds more than 64 KiB", meaning.provider, meaning.field)
        text = data.decode()
    except OSError:
        return Fault(pair.place, "no_such_file", "the file it names cannot be read", meaning.provider, meaning.field)
    except (UnicodeDecodeError, ValueError):
        return Fault(pair.place, "not_text", "the file it names is not UTF-8 text", meaning.provider, meaning.field)
    return Finding(meaning.provider, meaning.field, Secret(text.removesuffix("\n").removesuffix("\r")), pair.place, notes=pair.notes)
