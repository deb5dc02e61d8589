"""Variables of an environment: masked as a table, or written for a shell."""

from __future__ import annotations

from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.out import Out
from integrations_cli.errors import BadValue
from integrations_cli.masking import mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from integrations_cli.actions.hand_out import Variable

_QUOTES = {ord(one): one * 2 for one in "'\u2018\u2019\u201a\u201b"}  # PowerShell takes each of them for a quote


def listing(out: Out, website: str, found: Sequence[Variable]) -> None:
    """Masked: a setting as it is, a credential by its hint."""
    rows = [
        {
            "name": one.name,
            "website": website,
            "provider": one.provider,
            "field": one.field,
            "secret": one.credential,
            "hint": one.hint,
            "value": None if one.credential else one.text,
        }
        for one in found
    ]
    columns = [
        Column("name", "NAME", lambda row: row["name"], 10),
        Column("provider", "PROVIDER", lambda row: row["provider"], 9),
        Column("field", "FIELD", lambda row: row["field"], 7),
        Column("value", "VALUE", lambda row: mask(row["hint"]) if row["secret"] else row["value"], 8),
        Column("secret", None),
        Column("hint", None),
    ]
    out.rows(columns, rows, name="env")


def assignment(style: str, name: str, value: str) -> str:
    """One line (or more, for a value of many) that sets the variable. Raises BadValue (2) where the style cannot hold the value."""
    if "\0" in value:
        raise BadValue(name, "no environment holds a NUL")
    return _STYLES[style](name, value)


def _dotenv(name: str, value: str) -> str:
    if "'" not in value:
        return f"{name}='{value}'"
    if any(one in value for one in '"\\$`\n'):
        raise BadValue(name, "readers of .env files disagree about this value; use another --style")
    return f'{name}="{value}"'


def _shell(name: str, value: str) -> str:
    quoted = value.replace("'", "'\\''")
    return f"export {name}='{quoted}'"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    return f"$env:{name} = '{value.translate(_QUOTES)}'"


_STYLES = {"dotenv": _dotenv, "shell": _shell, "fish": _fish, "powershell": _powershell}
