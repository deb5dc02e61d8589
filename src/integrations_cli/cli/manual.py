"""The page of `integrations COMMAND --help`: what is typed, in the words of the usage line; last what every command takes."""

from typing import Any

from typer.core import TyperCommand

from integrations_cli.cli import marks

_EVERYWHERE = frozenset(name for name, _, _ in marks.shared(""))


class Command(TyperCommand):
    """One command."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] PROVIDER [FIELD]...`"""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, the command's own options, and those of every command, each with what it does."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Options of every command": []}
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is None:
                continue
            if one.param_type_name == "argument":
                sections["Arguments"].append((str(one.metavar or one.name), str(getattr(one, "help", "") or "")))
            else:
                everywhere = one.name in _EVERYWHERE or "--help" in one.opts
                told = "show this page" if "--help" in one.opts else record[1]
                sections["Options of every command" if everywhere else "Options"].append((record[0], told))
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
