from integrations_cli.actions.show import show
from integrations_cli.cli.params import FieldName, ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import NotFound, Refused
from integrations_cli.masking import mask

MARKS = "W"


def command(tools: Tools, provider: ProviderName, field: FieldName) -> None:
    """print one setting; a credential only as its mask

    A setting that was never stored is its default. Needs no key.

    \b
    examples:
      integrations get zoho api_domain -w acme

    exit codes: 0, 2, 3 no such website, integration or field, 8 a credential is not printed
    """
    definition = tools.provider(provider)
    card, definition = show(tools.config.database, tools.website(), definition.name)
    wanted = definition.field(field)
    if definition.is_credential(field):
        mark = card.credentials.get(field)
        shown = f"it is {mask(mark.hint)}, fp {mark.fingerprint[:8]}" if mark else "it is not set"
        raise Refused(
            f"{field} is a credential, and this version never prints one", shown, f"integrations show {definition.name} -w {card.website}"
        )
    value = card.settings.get(field, wanted.default)
    if value is None:
        raise NotFound(
            f"{field} of {definition.name} is not set", None, f"integrations set {definition.name} {field}=VALUE -w {card.website}"
        )
    tools.out.text(str(value).lower() if isinstance(value, bool) else str(value))
