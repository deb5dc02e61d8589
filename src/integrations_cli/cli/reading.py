"""The sources of `migrate`, by kind, from what stands on the command line or in a saved plan: one way in for both."""
# ruff: noqa: PLC0415  a run reads one source, and pays for no other

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli.cli.tools import Tools

if TYPE_CHECKING:
    from integrations_cli.sources.finding import Reading
    from integrations_cli.sources.names import Wanted

Options = Mapping[str, Any]
Reader = Callable[[Tools, Options, "Wanted"], "Reading"]


def kept(tools: Tools, name: str) -> bytes | None:
    """What can be read only once, standard input or a FIFO, read and kept; None for a file. Raises NotFound (3)."""
    if name == "-":
        return tools.standard_input()
    if name not in tools.piped:
        from integrations_cli.sources import once

        tools.piped[name] = once.read(Path(name))
    return tools.piped[name]


def env(tools: Tools, options: Options, wanted: "Wanted") -> "Reading":
    """The environment of this process."""
    from integrations_cli.sources import env as source

    return source.read(tools.doors.environ, wanted)


def dotenv(tools: Tools, options: Options, wanted: "Wanted") -> "Reading":
    """`.env` files."""
    from integrations_cli.sources import dotenv as source

    given = {Path(one): kept(tools, one) for one in options["files"]}
    return source.read([*given], wanted, {path: data for path, data in given.items() if data is not None})


def file(tools: Tools, options: Options, wanted: "Wanted") -> "Reading":
    """Exports: CSV, JSON, JSONL."""
    from integrations_cli.cli.handing_over import opened
    from integrations_cli.sources import file as source
    from integrations_cli.store import bundle

    def unseal(data: bytes) -> bytes:
        return opened(tools, data) if bundle.is_bundle(data) else data

    data = kept(tools, options["file"])
    return source.read(Path(options["file"]), None if data is None else BytesIO(data), wanted, options.get("delimiter"), unseal)


def airflow(tools: Tools, options: Options, wanted: "Wanted") -> "Reading":
    """Connections of Apache Airflow."""
    from integrations_cli.sources import airflow as source

    return source.read(Path(options["file"]), wanted, tuple(tools.slugs()), kept(tools, options["file"]))


def legacy(name: str) -> Reader:
    """Rails applications and databases."""

    def read(tools: Tools, options: Options, wanted: "Wanted") -> "Reading":
        from integrations_cli.cli import legacy as sources

        reader: Reader = getattr(sources, name)
        return reader(tools, options, wanted)

    return read


READERS: Mapping[str, Reader] = {
    "env": env,
    "dotenv": dotenv,
    "file": file,
    "airflow": airflow,
    "rails": legacy("whole"),
    "rails-credentials": legacy("credentials"),
    "rails-db": legacy("db"),
    "column": legacy("column"),
}
