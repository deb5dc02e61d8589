"""One batch of a migration inside one transaction: new rows in few statements, the others one by one, all read back before it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integrations_cli.actions.plan import Line, state_of
from integrations_cli.errors import Conflict, IntegrationsError, NotWritten, PartlyApplied, Unreadable
from integrations_cli.masking import counted
from integrations_cli.registry import get

if TYPE_CHECKING:
    from integrations_cli.store import Conversation
    from integrations_cli.store.bulk import Copies
    from integrations_cli.store.sealing import New

Words = dict[tuple[str, str, str], str]
"""Line key → `written`; `unchanged` when somebody did the same meanwhile; `failed` when it was something else, and the run goes on."""


@dataclass
class Written:
    """What became of each line, and what has to be found when it is looked at again: rows that are new, lines of the others."""

    others: Words
    fresh: list[Line] = field(default_factory=list)
    copies: "Copies | None" = None
    changed: list[Line] = field(default_factory=list)

    @property
    def words(self) -> Words:
        """All of them; a long run does not ask."""
        return self.others | {line.key: "written" for line in self.fresh}


def after_others(error: IntegrationsError, kept: int) -> IntegrationsError:
    """The error itself, with what it leaves where lines of earlier batches were kept; a conflict is 12 then."""
    if not (isinstance(error, Conflict | NotWritten) and kept):
        return error
    left = f"{counted(kept, 'line')} of earlier batches {'was' if kept == 1 else 'were'} written"
    if isinstance(error, NotWritten):
        what = "the rest was not written" if error.what == "nothing was written" else error.what
        return NotWritten(what, "; ".join(part for part in (error.why, left) if part), error.tries)
    what = error.what.removesuffix("; nothing was written")
    return PartlyApplied(what, "; ".join(part for part in (error.why, left) if part), "--dry-run")


def write(here: "Conversation", lines: Sequence[Line], *, going_on: bool = False) -> Written:
    """Write the lines and read them back. Raises Conflict (4) when a row moved meanwhile, Unreadable (7); then the caller undoes it all.

    `going_on`: a row that moved fails alone.
    """
    sites = [line.website for line in lines if line.adds_website]
    made = here.websites.add_missing(sites)
    done = Written({(site, "", ""): "written" if site in made else "unchanged" for site in sites})
    integrations = [line for line in lines if line.provider]
    ids = made | here.websites.ids({line.website for line in integrations if line.website not in made})
    looked_for = [line for line in integrations if line.website in ids and line.website not in made]  # a new website has nothing
    there = here.bulk.find([(ids[line.website], line.provider) for line in looked_for])
    done.changed = [line for line in looked_for if (ids[line.website], line.provider) in there] if there else []
    fresh = [line for line in integrations if (ids.get(line.website), line.provider) not in there] if there else integrations
    gone = [line for line in fresh if line.expect is not None or line.website not in ids]
    if gone and not going_on:
        raise Conflict(f"{gone[0].provider} of {gone[0].website} was removed meanwhile")
    done.others |= {line.key: "failed" for line in gone}
    done.fresh = [line for line in fresh if line.key not in done.others] if gone else fresh
    done.copies = here.bulk.add(_new(done.fresh, ids), "integration.migrated")
    for line in done.changed:
        done.others[line.key] = _change(here, line, going_on)
    done.changed = [line for line in done.changed if done.others[line.key] != "failed"]
    return done


def verify(here: "Conversation", done: Written) -> int:
    """Look again at what was written, on another connection: how many integrations that are. Raises Unreadable (7).

    New rows must be, byte for byte, what was opened and compared before it was kept; the others are opened again.
    """
    if done.copies is not None:
        here.bulk.must_be_there(done.copies)
    _read_back(here, done.changed)
    return len(done.fresh) + len(done.changed)


def _read_back(here: "Conversation", lines: Sequence[Line]) -> None:
    """Open what is stored and compare it with the lines of integrations."""
    ids = here.websites.ids({line.website for line in lines})
    stored = here.bulk.opened([(ids[line.website], line.provider) for line in lines if line.website in ids])
    for line in lines:
        settings, credentials = stored.get((ids.get(line.website, b""), line.provider), (None, {}))
        same = settings is not None and all(settings.get(name) == value for name, value in line.settings.items())
        if not same or any(credentials.get(name) != value for name, value in line.credentials.items()):
            where = f"{line.provider} of {line.website}; nothing was removed, the previous version is still there"
            raise Unreadable("what was written does not read back", where, "integrations doctor --deep", "read_back")


def _new(lines: Sequence[Line], ids: dict[str, bytes]) -> "list[New]":
    from integrations_cli.store.sealing import New  # noqa: PLC0415  with an open store it is loaded already

    known = {name: get(name) for name in {line.provider for line in lines}}
    return [
        New(ids[one.website], known[one.provider], one.credentials, one.settings, one.enabled is not False, one.expires_at) for one in lines
    ]


def _change(here: "Conversation", line: Line, going_on: bool) -> str:
    """Fill in or replace what an integration has; one that moved since the plan is only compared."""
    definition, row = get(line.provider), here.integrations.get(line.website, line.provider)
    expect = row.id.hex(), here.integrations.version(row)
    if (line.expect, line.state) != (expect, state_of(row.enabled, row.settings)):
        if _is_equal(here, line):
            return "unchanged"
        if going_on:
            return "failed"
        raise Conflict(f"{line.provider} of {line.website} was changed meanwhile")
    settings, new = {**row.settings, **line.settings}, {one.name: one for one in line.fields if one.change in {"add", "replace"}}
    ends = line.expires_at if "expires_at" in new else None
    if line.credentials or any(settings.get(name) != row.settings.get(name) for name in definition.destinations):
        values = {**here.integrations.reveal(row), **line.credentials}
        replaced = any(one.secret and one.change == "replace" for one in new.values())  # another key has another end
        until = ends or (None if replaced else row.expires_at)
        here.integrations.conceal(row, definition, values, settings=settings, expires_at=until, action="integration.migrated")
    elif settings != row.settings:
        here.integrations.change(row, definition, settings=settings, action="integration.migrated")
    enabled = line.enabled if "enabled" in new and new["enabled"].change == "replace" else None
    ends = None if ends == row.expires_at else ends
    if enabled is not None or ends is not None:
        here.integrations.change(row, definition, enabled=enabled, expires_at=ends, action="integration.migrated")
    if not _is_equal(here, line):
        raise Unreadable("what was written does not read back", f"{line.provider} of {line.website}; the batch was undone", (), "read_back")
    return "written"


def _is_equal(here: "Conversation", line: Line) -> bool:
    """True if what the line says is stored."""
    row = here.integrations.get(line.website, line.provider)
    found = here.integrations.reveal(row)
    same = all(name in found and found[name] == value for name, value in line.credentials.items())
    return same and all(row.settings.get(name) == value for name, value in line.settings.items())
