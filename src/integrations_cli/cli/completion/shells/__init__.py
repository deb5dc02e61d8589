"""One completion script per shell, made from the same facts."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations_cli.cli.completion.shells.data import Facts

NAMES: Mapping[str, str] = {  # the shell, and the file as that shell's packagers name it
    "bash": "integrations.bash",
    "zsh": "_integrations",
    "fish": "integrations.fish",
    "powershell": "integrations.ps1",
}
MARK = "completion of integrations; generated from its command tree by integrations_cli.cli.generate"


def script(shell: str, facts: "Facts") -> str:
    """The text of the file for the shell."""
    module = import_module(f"integrations_cli.cli.completion.shells.{shell}")
    text: str = module.script(facts)
    return text
