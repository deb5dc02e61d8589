"""Run by the Python of a genuine Airflow: adds connections as its command line does, exports them in every form, and says what it reads.

An order on standard input, the answer on a line of its own at the end of standard output.
"""

import contextlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="airflow-", dir=os.environ["ORACLE_FOLDER"]))
os.environ |= {"AIRFLOW_HOME": str(HOME), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}

import airflow  # noqa: E402
from airflow.cli import cli_parser  # noqa: E402
from airflow.models import Connection  # noqa: E402

PARSER = cli_parser.get_parser()


def run(*words):
    args = PARSER.parse_args(list(words))
    args.func(args)


def said(*words):
    """What a command prints."""
    with (HOME / "said").open("w+") as file:
        kept = os.dup(1)
        sys.stdout.flush()
        os.dup2(file.fileno(), 1)
        try:
            with contextlib.suppress(SystemExit):
                run(*words)
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        return file.read()


def told(connection):
    return {name: getattr(connection, name) for name in ("login", "password", "host", "port", "schema")} | {
        "extra": connection.extra_dejson
    }


def read(make):
    """What Airflow itself makes of a text; None for what it refuses."""
    try:
        return told(make())
    except Exception:
        return None


def main(order):
    run("db", "migrate")
    refused = []
    for words in order["add"]:
        try:
            run("connections", "add", *words)
        except (SystemExit, Exception) as error:
            refused.append(f"{words[0]}: {error}")
    files = {}
    for name, more in {"json": [], "yaml": [], "env": [], "json.env": ["--serialization-format", "json"]}.items():
        path = HOME / f"connections.{name}"
        run("connections", "export", str(path), *more)
        files[name] = path.read_text()
    values = ["--show-values"] if "--show-values" in PARSER_HELP else []
    listed = {form: said("connections", "list", *values, "-o", form) for form in ("json", "yaml", "plain", "table")}
    first = next(iter(json.loads(files["json"])))
    listed["one"] = said("connections", "get", first, "-o", "json")
    for key, value in order["variables"]:
        run("variables", "set", key, value)
    run("variables", "export", str(HOME / "variables.json"))
    from airflow.utils.session import create_session

    with create_session() as session:
        stored = {one.conn_id: told(one) for one in session.query(Connection).all()}
    lines = [line.partition("=") for line in files["env"].splitlines()]
    variables = (HOME / "variables.json").read_text()
    shutil.rmtree(HOME)
    return {
        "version": airflow.__version__,
        "refused": refused,
        "files": files,
        "listed": listed,
        "variables": variables,
        "stored": stored,
        "of_addresses": {name: read(lambda text=text: Connection(conn_id="x", uri=text)) for name, _, text in lines},
        "addresses": [read(lambda text=text: Connection(conn_id="x", uri=text)) for text in order["addresses"]],
    }


def parser_help():
    import io

    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        PARSER.parse_args(["connections", "list", "--help"])
    return out.getvalue()


PARSER_HELP = parser_help()
answer = json.dumps(main(json.load(sys.stdin)))
print()
print(answer)
