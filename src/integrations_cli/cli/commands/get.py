from integrations_cli.actions import hand_out
from integrations_cli.actions.show import show
from integrations_cli.card import Card
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import FieldName, Option, ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import NotFound, Refused
from integrations_cli.masking import mask
from integrations_cli.provider import Field

MARKS = "W"
NEEDS = {"reveal": "disclose", "copy": "disclose", "": "see"}


def command(
    tools: Tools,
    provider: ProviderName,
    field: FieldName,
    reveal: Annotated[bool, Option("--reveal", help="print the credential")] = False,
    copy: Annotated[bool, Option("--copy", help="put the credential into the clipboard")] = False,
    clear_after: Annotated[str, Option("--clear-after", metavar="45s", help="when the clipboard is cleared")] = "45s",
    no_newline: Annotated[bool, Option("--no-newline", help="print the value alone")] = False,
    allow_reveal: Annotated[bool, Option("--allow-reveal", help="reveal even in CI or under a coding assistant")] = False,
) -> None:
    """print one setting, or reveal one credential

    A setting that was never stored is its default, and needs no key. Revealing a credential is recorded before it is shown.

    \b
    examples:
      integrations get zoho api_domain -w acme
      integrations get openai api_key -w acme --copy
      integrations get openai api_key -w acme --reveal --no-newline

    exit codes: 0, 2, 3 no such website, integration or field, 6, 7, 8 not asked to reveal, or refused
    """
    definition = tools.provider(provider)
    with tools.looking():
        card, definition = show(tools.config.store, tools.website(aloud=reveal or copy), definition.name)
    wanted = definition.field(field)
    if not definition.is_credential(field):
        tools.out.text(_setting(card, wanted))
        return
    if not (reveal or copy):
        raise _not_asked(card, field)
    hand_out.must_be_enabled(card)
    if field not in card.credentials:
        again = f"integrations set {card.provider} --secret-env {field}=NAME -w {card.website}"
        raise NotFound(f"{field} of {card.provider} is not set", "nothing was stored for it", again)
    from integrations_cli.cli import revealing  # noqa: PLC0415  settings are read without it

    revealing.must_be_allowed(tools, card.website, [(card.provider, field)], allow_reveal)
    revealing.one(tools, card, field, copied=clear_after if copy else None, shown=reveal, end="" if no_newline else "\n")


def _setting(card: Card, field: Field) -> str:
    """As it is stored, or its default. Raises NotFound (3)."""
    value = card.settings.get(field.name, field.default)
    if value is None:
        again = f"integrations set {card.provider} {field.name}=VALUE -w {card.website}"
        raise NotFound(f"{field.name} of {card.provider} is not set", "it is stored nowhere, and has no default", again)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _not_asked(card: Card, field: str) -> Refused:
    mark = card.credentials.get(field)
    shown = f"it is {mask(mark.hint)}, fp {mark.fingerprint[:8]}" if mark else "it is not set"
    again = f"integrations get {card.provider} {field} -w {card.website}"
    tries = [f"integrations exec {card.provider} -w {card.website} -- COMMAND", f"{again} --copy", f"{again} --reveal"]
    return Refused(f"{field} is a credential, and was not asked to be revealed", shown, tries)
