from typing import Annotated

from integrations_cli.cli import consulting
from integrations_cli.cli.params import Annotate, Db, Dsn, Option, Root
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view import doctor as view

MARKS = "WFSY"
NEEDS = {"fix": "store", "deep": "use", "": "see"}


def command(
    tools: Tools,
    deep: Annotated[bool, Option("--deep", help="the whole file, the log, every credential opened; needs the key")] = False,
    network: Annotated[bool, Option("--network", help="whether the providers can be reached; nothing is sent")] = False,
    fix: Annotated[bool, Option("--fix", help="mend what is safe to mend: permissions, what is overdue to be destroyed")] = False,
    bundle: Annotated[str | None, Option("--bundle", metavar="FILE", help="write a report without names, for a bug report")] = None,
    annotate: Annotate = "auto",
    dotenv: Annotated[list[str] | None, Option("--dotenv", metavar="FILE", help="look for legacy keys in this file too")] = None,
    root: Root = None,
    db: Db = None,
    dsn: Dsn = None,
) -> int:
    """look the store over, and say how to mend it

    Store, keys, files, credentials, rotations, settings, completion; legacy keys in the environment, in .env files, a Rails
    application (--root) or its database (--db). Whatever is broken, the rest is looked at. Without --fix nothing is changed.

    \b
    examples:
      integrations doctor
      integrations doctor --deep --dotenv .env -w acme
      integrations doctor --fix
      integrations doctor --bundle report.json

    exit codes: 0 nothing wrong, or warnings only, 2, 3 no such website, 4 the file of --bundle exists, 5 no, 23 problems
    """
    sources = {"dotenv": dotenv, "root": root, "db": db, "dsn": dsn}
    found = consulting.consult(tools, deep=deep, network=network, sources=sources)
    if fix and consulting.mend(tools, found):
        found = consulting.consult(tools, deep=deep, network=network, sources=sources)
    code = view.notes(tools.out, found.notes) if bundle != "-" else view.code_of(found.notes)
    if bundle is not None:
        consulting.bundle(tools, found, bundle)
    if annotations.wanted(annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, view.annotated(found.notes))
        annotations.summarize(tools.doors.environ, view.summary(found.notes))
    return code
