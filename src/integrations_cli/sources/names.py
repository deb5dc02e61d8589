"""Names of variables: which field of which provider they mean, and which are left alone and why (MIGRATION.md §3.2, §3.3)."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from integrations_cli import registry
from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret, is_masked
from integrations_cli.provider import Provider, is_placeholder
from integrations_cli.sources import named_file
from integrations_cli.sources.finding import Fault, Finding, Ignored, Reading
from integrations_cli.sources.mapping import Mapped, Target, capitals

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
REFERENCE = re.compile(
    r"(op|vault|bw|ssm|secretsmanager|gcpsm|keyvault|doppler|infisical)://.*|vault:.*|arn:aws.*|.*\$\{[^}]*\}.*"
    r"|ref\+[a-z0-9]+://.*|@Microsoft\.KeyVault\(.*\)|ENC\[.*\]|encrypted:[A-Za-z0-9+/=]{16,}"  # vals, Azure, sops, dotenvx
    r"|\{\{.*\}\}|%[A-Z_][A-Z0-9_]*%",  # what a template leaves
    re.DOTALL,
)
BULLETS = re.compile(r"\s*[•●∙·*]{3,}\s*")  # a mask: somebody believes that the key is in it


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
    strange = [name for name in wanted.include if name not in meanings]
    if strange:
        raise UsageError("--include: there is no such name", "it takes names of the environment, such as GOOGLE_API_KEY")
    pairs, splits = list(pairs), composites()
    single = {(known.provider, known.field) for pair in pairs if pair.value.strip() and (known := meanings.get(pair.name))}
    for pair in pairs:
        reading.names += 1
        target = wanted.mapped.names.get(pair.name)
        one = splits.get(pair.name)
        if target is not None:
            found: Iterable[Finding | Ignored | Fault] = _mapped(pair, target)
        elif one is not None:
            found = _split(pair, one, single)
        else:
            found = _prefixed(pair, meanings, wanted) or _one(pair, meanings, seen, wanted.include)
        for each in found:
            keep(reading, each, wanted.only)
    return reading


def _mapped(pair: Named, target: Target) -> Iterator[Finding | Ignored | Fault]:
    """What the mapping file says about this very name."""
    if target.ignore is not None:
        yield Ignored(pair.place, "mapping")
        return
    found = value_of(pair, Meaning(target.provider, target.field), path=False)
    for website in target.websites or (None,):
        yield for_website(found, website) if website else found


def for_website(found: Finding | Ignored | Fault, website: str) -> Finding | Ignored | Fault:
    """The same, of this website."""
    return found._replace(website=website) if isinstance(found, Finding) else replace(found, website=website)


def _prefixed(pair: Named, meanings: dict[str, Meaning], wanted: Wanted) -> list[Finding | Ignored | Fault]:
    """`ACME_STRIPE_SECRET_KEY`: a website's name before a name of ours. A name known as it stands is never split.

    `ACME_GOOGLE_MAPS_API_KEY` is read in two ways where there is acme and acme-google: then it goes to neither.
    """
    if not wanted.prefixes or pair.name in meanings:
        return []
    readings = [
        (slug, meaning)
        for slug in wanted.prefixes
        if pair.name.startswith(head := f"{capitals(slug)}_") and (meaning := meanings.get(pair.name[len(head) :])) is not None
    ]
    if len(readings) < 2:
        return [for_website(value_of(pair, meaning, meaning.path), slug) for slug, meaning in readings]
    detail = f"it may belong to {' or '.join(sorted(slug for slug, _ in readings))}: say which in a --mapping file"
    return [
        Fault(pair.place, "ambiguous_name", detail, meaning.provider, meaning.field, slug, kind="conflict") for slug, meaning in readings
    ]


def _split(pair: Named, one: Provider, single: Collection[tuple[str, str]]) -> Iterator[Finding | Ignored | Fault]:
    """A value that holds several fields; what a name of its own gives is not taken from it."""
    parts = one.env_splits[pair.name](pair.value.strip())
    if not parts:
        whole = value_of(pair, Meaning(one.name, next(field.name for field in one.credentials)), path=False)
        wrong = Fault(pair.place, "syntax", f"not the form that {one.title} gives it", one.name)
        yield wrong if isinstance(whole, Finding) else whole
    for name, text in parts.items():
        if (one.name, name) not in single:
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


def _one(pair: Named, meanings: dict[str, Meaning], seen: frozenset[str], include: Collection[str]) -> Iterator[Finding | Ignored | Fault]:
    meaning, path = meanings.get(pair.name), False
    if meaning is None and pair.name.endswith("_FILE"):
        meaning, path = meanings.get(pair.name.removesuffix("_FILE")), True
    if meaning is None:
        reason = _left_alone(pair.name, seen)
        if reason:
            yield Ignored(pair.place, reason)
    elif meaning.asked and pair.name not in include and pair.name.removesuffix("_FILE") not in include:
        yield Ignored(pair.place, "ambiguous_without_include")
    else:
        yield value_of(pair, _by_shape(pair, meaning), path or meaning.path)


def _by_shape(pair: Named, meaning: Meaning) -> Meaning:
    """A name that is used for two fields (`POSTHOG_API_KEY`) means the one whose shape the value has."""
    known = registry.get(meaning.provider).field(meaning.field).lookalikes
    other = next((one.belongs for one in known if one.belongs and re.search(one.pattern, pair.value.strip())), None)
    return replace(meaning, field=other) if other else meaning


def _left_alone(name: str, seen: frozenset[str]) -> str | None:
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
    """What a value is, whose meaning is known; with `path` it names the file that holds it."""
    raw, place = pair.value, pair.place
    if not raw.strip():
        return Ignored(place, "empty")
    if is_placeholder(raw.strip()) and not BULLETS.fullmatch(raw):
        return Ignored(place, "placeholder")
    if pair.problem is not None:
        return Fault(place, *pair.problem, meaning.provider, meaning.field)
    if REFERENCE.fullmatch(raw.strip()):
        why = "a reference, not a value; resolve it first: op run --env-file .env -- integrations migrate env"
        return Fault(place, "reference", why, meaning.provider, meaning.field)
    if is_masked(raw):
        return Fault(place, "masked", "copied from a mask", meaning.provider, meaning.field)
    if path:
        return _of_file(pair, meaning)
    return Finding(meaning.provider, meaning.field, Secret(raw), place, notes=pair.notes)


def _of_file(pair: Named, meaning: Meaning) -> Finding | Fault:
    found = named_file.read(pair.value.strip())
    if isinstance(found, tuple):
        return Fault(pair.place, *found, meaning.provider, meaning.field)
    return Finding(meaning.provider, meaning.field, Secret(found), pair.place, notes=pair.notes)
