from typing import Annotated, Any

from integrations_cli.actions import doctor
from integrations_cli.actions import list as listing
from integrations_cli.cli.params import Db, Dsn, Option, Root
from integrations_cli.cli.reading import READERS
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import doctor as view
from integrations_cli.sources.names import Wanted
from integrations_cli.store import glance, status

MARKS = "WFS"


def command(
    tools: Tools,
    deep: Annotated[bool, Option("--deep", help="open every credential; needs the key")] = False,
    dotenv: Annotated[list[str] | None, Option("--dotenv", metavar="FILE", help="look for legacy keys in this file too")] = None,
    root: Root = None,
    db: Db = None,
    dsn: Dsn = None,
) -> int:
    """look the store over, and say how to mend it

    Legacy keys that still lie in the environment, in .env files, a Rails application (--root) or its database (--db) are named:
    those that are stored by now, and those that were never migrated. No value is shown, nothing is changed.

    \b
    examples:
      integrations doctor
      integrations doctor --deep --dotenv .env -w acme

    exit codes: 0 nothing wrong, or warnings only, 3 no store yet, 6 --deep without a key, 23 problems
    """
    tools.must_exist()
    tools.catalogue()
    cards = listing.cards(tools.config.database)
    notes = [doctor.store(status.status(tools.config)), *doctor.slots(status.key_status(tools.config)), *doctor.files(tools.config)]
    notes += [*doctor.credentials(cards), *doctor.rotations(glance.rotations(tools.config.database), tools.clock())]
    if deep:
        with tools.store() as store:
            notes += doctor.deep(store, cards)
    sources: list[tuple[str, bool, dict[str, Any]]] = [
        ("env", True, {}),
        ("dotenv", bool(dotenv), {"files": dotenv}),
        ("rails-credentials", bool(root), {"root": root}),
        ("rails-db", bool(db or dsn or tools.options.secret_env), {"db": db, "dsn": dsn, "root": root}),
    ]
    website = tools.website() if tools.chosen() or len(tools.slugs()) == 1 else None
    for kind, asked, options in sources:
        if asked and (website or kind == "rails-db"):
            reading = READERS[kind](tools, {name: value for name, value in options.items() if value}, Wanted())
            again = f"integrations migrate {kind} -w {website or 'SLUG'} --dry-run"
            notes += doctor.lying_about(reading, cards, website or "", again)
    if website is None:
        notes.append(doctor.Note("legacy", doctor.SKIPPED, "not looked for: whose would they be?", "integrations doctor -w SLUG"))
    return view.notes(tools.out, notes)
