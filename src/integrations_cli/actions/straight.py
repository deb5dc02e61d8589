"""The straight way through planning: a piece whose rows are all simply created. Whatever else there is to say of one, `planning` says.

A property test holds it against `planning`: where it gives lines at all, they are the ones that would be written.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from integrations_cli import registry
from integrations_cli.actions.lining import Shape, note_word, shape
from integrations_cli.actions.plan import Line
from integrations_cli.actions.planning import new_website
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.values import settle
from integrations_cli.errors import IntegrationsError, NotFound
from integrations_cli.masking import Secret
from integrations_cli.pasted import SECRET_LIKE
from integrations_cli.provider.definition import nothing_to_add, nothing_to_say
from integrations_cli.provider.plainly import all_taken
from integrations_cli.sources.finding import Row

Kind = tuple[str, ...]
"""A provider and the fields that a row has of it."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Form:
    """What rows of one kind have in common."""

    def __init__(self, known: Shape, names: Sequence[str]) -> None:
        definition = self.definition = known.definition
        self.known, self._names = known, names
        self._credentials = [(name, known.credentials[name].accept_credential) for name in names if name in known.credentials]
        self._settings = [(name, known.fields[name].accept_found) for name in names if name not in known.credentials]
        self._required = known.required
        sent = any(name in definition.destinations for name in names) or definition.own_hosts({})
        plain = definition.completes is nothing_to_add and definition.refuses is nothing_to_say
        self._ends = not known.ends.isdisjoint(names)
        self._notes = [(name, known.credentials[name].notes_on) for name in names if name in known.credentials]
        self._settles = not plain or bool(sent) or not set(known.required).issubset(names)

    def takes(self, rows: Sequence[Row]) -> bool:
        """True if all that these rows have are credentials, and each is stored as it stands; where it is False, `values` looks at each."""
        if self._settles or self._settings or not self._credentials:
            return False
        credentials = self.known.credentials
        return all(all_taken(credentials[name], [row.values[name].reveal() for row in rows]) for name in self._names)

    def values(
        self, given: Mapping[str, Secret], stored: Mapping[str, Any] = _NOTHING, there: Collection[str] = ()
    ) -> tuple[dict[str, Secret], dict[str, Any], set[str]] | None:
        """Credentials and settings as they are stored, and notes. Raises as `accept` and `settle` do; None when something is missing.

        `stored` are the settings that are there, `there` the names of the credentials.
        """
        credentials: dict[str, Secret] = {}
        settings: dict[str, Any] = {}
        notes: set[str] = set()
        for name, accept in self._credentials:
            credentials[name], noted = accept(given[name].reveal())
            notes.update(map(note_word, noted))
        for name, accept in self._settings:
            text = given[name].reveal()
            if SECRET_LIKE.fullmatch(text.strip()):
                return None
            settings[name], noted = accept(text)
            notes.update(map(note_word, noted))
            notes |= {"trimmed"} if text.strip() != text else set()
        if self._settles:
            settle(self.definition, credentials, settings, stored=stored)
            if any(
                name not in credentials and name not in settings and name not in stored and name not in there for name in self._required
            ):
                return None
        return (credentials, settings, notes) if credentials else None

    def odd(self, row: Row) -> set[str]:
        """The notes of a row whose values are stored as they stand."""
        found = [note for name, notes_on in self._notes for note in notes_on(row.values[name].reveal())]
        return set(map(note_word, found)) if found else set()

    def noted(self, notes: set[str], expires_at: str | None) -> tuple[str, ...]:
        """All notes of a row, sorted. `expires_at` is what is known of its end."""
        if self._ends and expires_at is None:
            notes.add("no_expiry_known")
        return tuple(sorted(notes)) if notes else ()


class Forms:
    """Remembers them for a run: there are few, and many rows."""

    def __init__(self) -> None:
        self._known: dict[Kind, Form | None] = {}

    def of(self, row: Row) -> Form | None:
        """None where `planning` has to look: nobody knows the provider, or one of the fields."""
        kind = (row.provider, *row.values)
        try:
            return self._known[kind]
        except KeyError:
            found = self._known[kind] = _form(*kind)
            return found


def _form(provider: str, *names: str) -> Form | None:
    try:
        known = shape(registry.get(provider))
    except NotFound:
        return None
    return Form(known, names) if known.definition.name == provider and known.fields.keys() >= set(names) else None


def lines(rows: Sequence[Row], routes: Routes, forms: Forms) -> list[Line] | None:
    """A line for each row, that of a new website in front of its first one. None when one of the rows is not simply created.

    Of none of them there must be anything in the store. `known` of the routes has those of their websites that there are.
    """
    found = [forms.of(row) for row in rows]
    alike = taken(rows, found)
    made: list[Line] = []
    slugs: dict[str, str] = {}
    new: set[str] = set()
    try:
        for row, form in zip(rows, found, strict=True):
            slug = slugs.get(row.website)
            if form is None:
                return None
            if slug is None:
                (slug,) = routes.of(row.website)
                if not routes.may_be(slug):
                    return None
                if slug not in routes.known and slug not in new:
                    new.add(slug)
                    made.append(new_website(slug))
                slugs[row.website] = slug
            values = (row.values, _NOTHING, form.odd(row)) if form in alike else form.values(row.values)
            if values is None:
                return None
            credentials, given, notes = values
            definition = form.definition
            place = ("create", slug, definition.category, definition.name)
            noted = form.noted(notes, row.expires_at)
            made.append(Line(*place, (), None, None, noted, None, row.enabled, row.expires_at, None, credentials, given))
    except IntegrationsError:
        return None
    return made


def taken(rows: Sequence[Row], forms: Sequence[Form | None]) -> set[Form | None]:
    """The forms whose rows are stored as they stand, all of them."""
    alike: dict[Form | None, list[Row]] = {}
    for row, form in zip(rows, forms, strict=True):
        alike.setdefault(form, []).append(row)
    return {form for form, some in alike.items() if form is not None and form.takes(some)}
