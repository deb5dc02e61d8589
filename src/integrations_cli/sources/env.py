"""Source `env`: the environment of this process. Never changed; names that mean nothing to us are not listed."""

from collections.abc import Mapping

from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Named, Wanted, interpret


def read(environ: Mapping[str, str], wanted: Wanted = Wanted()) -> Reading:  # noqa: B008  frozen
    """Findings by the definitions' names."""
    pairs = [Named(name, value, name) for name, value in sorted(environ.items())]
    return interpret(Reading("env", "environment"), pairs, wanted)
