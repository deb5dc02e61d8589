"""Source `rails`: an application's credentials file and its environment, value by value, and what its database holds.

As in the application: the id in one place and the token in the other is fine, and the credentials file comes before the environment.
"""

from collections.abc import Mapping

from integrations_cli.sources import env, rails_credentials
from integrations_cli.sources.finding import Finding, Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails.app import Application

KIND = "rails"
Named = tuple[str | None, str, str]


def platform(root: Application, environ: Mapping[str, str], wanted: Wanted, under: str | None, prefer: str) -> Reading:
    """Credentials file and environment. `prefer` credentials or env: it wins where both differ, with a note; none: a conflict."""
    file, variables = rails_credentials.read(root, wanted, under), env.read(environ, wanted)
    first, second = (variables, file) if prefer == "env" else (file, variables)
    taken = {_named(found): found for found in first.findings}
    second.findings = [found for found in second.findings if prefer == "none" or _named(found) not in taken]
    differs = {
        _named(found)
        for found in (env.read(environ, wanted) if prefer != "env" else rails_credentials.read(root, wanted, under)).findings
        if prefer != "none" and _named(found) in taken and found.value != taken[_named(found)].value
    }
    first.findings = [one._replace(notes=(*one.notes, "env_differs")) if _named(one) in differs else one for one in first.findings]
    return together(first, second)


def together(one: Reading, other: Reading) -> Reading:
    """Both, as one reading."""
    return Reading(
        KIND,
        f"{one.title}, {other.title}",
        one.names + other.names,
        [*one.findings, *other.findings],
        [*one.entries, *other.entries],
        [*one.ignored, *other.ignored],
        [*one.faults, *other.faults],
        [*one.notes, *other.notes],
    )


def _named(found: Finding) -> Named:
    return found.website, found.provider, found.field
