"""One piece of a long source against what is stored of it.

Rows that are simply stored already, and rows that are simply new, are looked at together; only of the others `planning` says what there is
to say. A property test holds the lines against those that `planning` makes of the whole piece.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from integrations_cli.actions import comparing, straight
from integrations_cli.actions.plan import Change, Line, Policy, state_of
from integrations_cli.actions.planning import Accepted, accepted, in_order
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.straight import Form, Forms
from integrations_cli.errors import IntegrationsError
from integrations_cli.masking import Secret
from integrations_cli.sources.finding import Ignored, Reading, Row

if TYPE_CHECKING:
    from integrations_cli.store import Conversation
    from integrations_cli.store.facts import Facts


class Look:
    """At one piece, inside of a conversation. Without `forms` each row is looked at by itself.

    `ignored` is what is left on purpose, once there are lines.
    """

    def __init__(self, here: "Conversation", piece: Reading, routes: Routes, policy: Policy, forms: Forms | None) -> None:
        self._here, self._piece, self._policy, self._forms, self.ignored = here, piece, policy, forms, list[Ignored]()
        rows = piece.rows if forms is not None else ()
        self._slugs = {name: slug for name in {row.website for row in rows} for slug in routes.of(name)}
        self._ids = here.websites.ids(self._slugs.values()) if rows else {}
        self._routes = replace(routes, known=self._ids, similar=routes.similar or routes.known)
        self._given = routes
        self._pairs = [(self._ids.get(self._slugs[row.website]), row.provider) for row in rows]
        asked = {(ident, provider) for ident, provider in self._pairs if ident is not None}
        self._facts = here.bulk.facts(sorted(asked)) if asked else {}

    def new(self) -> list[Line] | None:
        """All there is to write, where all of it is simply new; and nothing else that can be said of it."""
        if self._forms is None or not self._piece.rows or self._facts:
            return None
        return straight.lines(self._piece.rows, self._routes, self._forms)

    def lines(self, *, compares: bool = True) -> list[Line]:
        """As `planning` makes them. Raises Conflict (4) in the middle of a re-encryption."""
        self._here.fingerprints.must_be_comparable()
        self._fingerprint = self._here.bulk.fingerprint()
        if self._forms is None or not self._piece.rows:
            return in_order(self._closely(self._piece.whole()), compares=compares)
        keys = Counter([(self._slugs[row.website], row.provider) for row in self._piece.rows])
        there, new, rest = list[int](), list[int](), list[int]()
        for at, (row, pair) in enumerate(zip(self._piece.rows, self._pairs, strict=True)):
            once = keys[self._slugs[row.website], row.provider] == 1
            (rest if not once else there if pair in self._facts else new).append(at)
        found = self._stored(there, rest, self._forms) + self._new(new, rest, self._forms)
        if rest:
            found += self._closely(self._piece.some(sorted(rest)))
        made = {line.website: (line, given) for line, given in found if line.adds_website}  # both ways may have met one
        return in_order([*made.values(), *(one for one in found if not one[0].adds_website)], compares=compares)

    def _stored(self, there: Sequence[int], rest: list[int], forms: Forms) -> list[Accepted]:
        """The lines of rows that are stored; the others go to the `rest`."""
        rows = [self._piece.rows[at] for at in there]
        known = [forms.of(row) for row in rows]
        alike, states = straight.taken(rows, known), dict[tuple[bool, str], str]()
        found: list[Accepted] = []
        for at, row, form in zip(there, rows, known, strict=True):
            facts = self._facts[self._pairs[at]]  # type: ignore[index]  # of a website that is there
            line = self._equal(at, row, form, facts, form in alike) if form is not None and facts is not None else None
            if line is None or facts is None:
                rest.append(at)
                continue
            said = (facts.enabled, facts.text)
            line[0].state = states[said] = states.get(said) or state_of(facts.enabled, facts.settings)
            found.append(line)
        return found

    def _equal(self, at: int, row: Row, form: Form, facts: "Facts", taken: bool) -> Accepted | None:
        """The line of a row that says what is stored; None where it says anything else."""
        update = self._policy.on_conflict == "update"
        if update and row.enabled not in (None, facts.enabled):
            return None
        if row.expires_at not in (None, facts.expires_at) and (update or facts.expires_at is None):
            return None
        try:
            values = (row.values, {}, form.odd(row)) if taken else form.values(row.values, facts.settings, facts.marks)
        except IntegrationsError:
            return None
        if values is None:
            return None
        credentials, settings, notes = values
        slug, definition = self._slugs[row.website], form.definition
        changes = self._fields(at, row, form, (credentials, settings), "same", facts.marks)
        for one in changes:
            if one.fp != one.old or not (one.secret or facts.settings.get(one.name) == one.value):
                return None
        noted = form.noted(notes, row.expires_at or facts.expires_at)
        place, expect = ("unchanged", slug, definition.category, definition.name), (facts.id, facts.version)
        return Line(*place, tuple(changes), None, None, noted, expect, row.enabled, row.expires_at), credentials

    def _new(self, new: Sequence[int], rest: list[int], forms: Forms) -> list[Accepted]:
        """The lines of rows that are simply new, and of their websites; otherwise all of them go to the `rest`."""
        made = straight.lines([self._piece.rows[at] for at in new], self._routes, forms)
        if made is None:
            rest += new
            return []
        found: list[Accepted] = [(line, {}) for line in made if not line.provider]
        for at, line in zip(new, [line for line in made if line.provider], strict=True):
            row, form = self._piece.rows[at], forms.of(self._piece.rows[at])
            assert form is not None
            fields = self._fields(at, row, form, (line.credentials, line.settings), "add", {})
            if row.enabled is False:
                fields.append(Change("enabled", False, "add", self._piece.place(at), value=False))
            line.fields = tuple(fields)
            found.append((line, line.credentials))
        return found

    def _fields(
        self, at: int, row: Row, form: Form, values: tuple[Mapping[str, Secret], Mapping[str, Any]], word: str, marks: Mapping[str, str]
    ) -> list[Change]:
        """What the line of a row has of each field; all of them are `word`. `marks` are stored."""
        (credentials, settings), website, place = values, self._pairs[at][0], self._piece.place(at)
        changes = []
        for name in form.known.credentials:
            if name in credentials:
                fp = self._fingerprint(website, row.provider, name, credentials[name]) if website is not None else None
                changes.append(Change(name, True, word, place if name in row.values else "derived", fp, marks.get(name)))
        for name in form.known.fields if settings else ():
            if name in settings:
                changes.append(Change(name, False, word, place if name in row.values else "derived", None, None, settings[name]))
        return changes

    def _closely(self, reading: Reading) -> list[Accepted]:
        """Each integration by itself."""
        names = {(one.website, one.provider) for some in (reading.findings, reading.entries) for one in some}
        ids = self._here.websites.ids({slug for name, _ in names for slug in self._given.of(name)})
        routes = replace(self._routes, known=ids)

        def fingerprint(website: str, provider: str, name: str, value: Secret) -> str | None:
            return self._fingerprint(ids[website], provider, name, value) if website in ids else None

        found = accepted(reading, routes, comparing.cards(self._here, reading, routes), fingerprint, self._policy)
        self.ignored = reading.ignored
        return found
