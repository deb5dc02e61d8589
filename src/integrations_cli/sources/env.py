"""Source `env`: the environment of this process. Never changed; names that mean nothing to us are not listed."""

from collections.abc import Collection, Mapping

from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Named, interpret


def read(environ: Mapping[str, str], include: Collection[str] = (), only: Collection[str] = ()) -> Reading:
    """Findings by the definitions' names."""
    pairs = [Named(name, value, name) for name, value in sorted(environ.items())]
    return interpret(Reading("env", "environment"), pairs, include, only)
