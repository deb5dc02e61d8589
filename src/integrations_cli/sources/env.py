"""Source `env`: the environment of this process. Never changed; names that mean nothing to us are listed only where that is asked for."""

from collections.abc import Mapping

from integrations_cli.sources.finding import Ignored, Reading
from integrations_cli.sources.names import Named, Wanted, interpret


def read(environ: Mapping[str, str], wanted: Wanted = Wanted()) -> Reading:  # noqa: B008  frozen
    """Findings by the definitions' names."""
    pairs = [Named(name, value, name) for name, value in sorted(environ.items())]
    reading = interpret(Reading("env", "environment"), pairs, wanted)
    told = {one.place for some in (reading.findings, reading.ignored, reading.faults) for one in some}
    reading.foreign = [Ignored(pair.place, "unknown_name") for pair in pairs if pair.place not in told]
    return reading
