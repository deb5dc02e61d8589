"""`migrate apply`: a plan that somebody has reviewed is carried out as it stands, or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations_cli import pasted, registry
from integrations_cli.actions import migrate
from integrations_cli.actions.plan import Plan, Policy
from integrations_cli.actions.report import digest_of, line_of, unsigned
from integrations_cli.cli import anew, migrating, stopping
from integrations_cli.cli.saving import STANDARD
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Conflict, NotFound, Unreadable, UsageError, system_says
from integrations_cli.masking import safe
from integrations_cli.sources.finding import Reading


def apply_saved(tools: Tools, path: Path) -> int:
    """Carry out a plan that was saved and reviewed. Raises NotFound (3), Unreadable (7) when it was edited, Conflict (4) on drift."""
    migrating.must_be_a_file(tools.options.report)
    with stopping.told(tools), stopping.to_the_runner(tools):
        return _apply_saved(tools, path)


def _apply_saved(tools: Tools, path: Path) -> int:
    try:
        text = tools.standard_input() if str(path) == STANDARD else path.read_bytes()
        data = json.loads(text)
    except OSError as error:
        raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path.name} is not a plan", "it is not JSON") from None
    try:
        with tools.store() as store:
            unsigned(data, store.audit_key(), store.id, path.name)
    except (Conflict, Unreadable) as error:
        if error.tries == (migrate.ANEW,):  # what is not ours to trust names no options
            error.tries = (anew.of_a_kind(tools, data, path),)
        raise
    source, policy = data["source"], Policy(**data["policy"])
    try:
        _must_still_be_there(tools, source["options"])
        made_of = migrating.prepared(tools, source["kind"], source["options"], policy, source["options"].get("website"))
        title = made_of.first.title if made_of.first else source["kind"]
        reading = Reading(source["kind"], title, source["findings"])
        saved = Plan(reading, made_of.routes.rule, made_of.policy, [line_of(one) for one in data["lines"]], digest_of(text))
        return migrating.carry_out(made_of, saved)
    except Conflict as error:
        if error.tries == (migrate.ANEW,):
            error.tries = (anew.command(tools, source, policy, path),)
        raise


def _must_still_be_there(tools: Tools, options: Mapping[str, Any]) -> None:
    """Raises Conflict (4) when the catalogue or the store no longer has what the plan was made for."""
    tools.catalogue()
    gone = []
    for name in (one for text in options.get("only") or () for one in text.split(",") if one):
        try:
            registry.get(name)
        except NotFound:
            gone.append(f"{safe(name, 40)}: {migrate.UNKNOWN}")
    chosen = {one.strip() for one in (options.get("fan_out") or "").split(",")} - {"", "all"}
    gone += [f"{safe(slug, 63)}: there is no such website" for slug in sorted(chosen - set(tools.slugs()))]
    if gone:
        raise migrate.has_drifted(gone)
