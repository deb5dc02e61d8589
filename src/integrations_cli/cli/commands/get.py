from integrations_cli.actions import hand_out
from integrations_cli.actions.show import show
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import FieldName, Option, ProviderName, duration
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import NotFound, Refused
from integrations_cli.masking import mask

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
        value = card.settings.get(field, wanted.default)
        if value is None:
            again = f"integrations set {definition.name} {field}=VALUE -w {card.website}"
            raise NotFound(f"{field} of {definition.name} is not set", "it is stored nowhere, and has no default", again)
        tools.out.text(str(value).lower() if isinstance(value, bool) else str(value))
        return
    if not (reveal or copy):
        mark = card.credentials.get(field)
        shown = f"it is {mask(mark.hint)}, fp {mark.fingerprint[:8]}" if mark else "it is not set"
        again = f"integrations get {definition.name} {field} -w {card.website}"
        tries = [f"integrations exec {definition.name} -w {card.website} -- COMMAND", f"{again} --copy", f"{again} --reveal"]
        raise Refused(f"{field} is a credential, and was not asked to be revealed", shown, tries)
    hand_out.must_be_enabled(card)
    if field not in card.credentials:
        again = f"integrations set {definition.name} --secret-env {field}=NAME -w {card.website}"
        raise NotFound(f"{field} of {definition.name} is not set", "nothing was stored for it", again)
    from integrations_cli.cli import handing, revealing  # noqa: PLC0415  settings are read without them

    until = duration(clear_after)
    again = f"integrations get {definition.name} {field} --reveal -w {card.website}"
    wanted_fields = [(definition.name, field)]
    revealing.must_be_allowed(tools, card.website, wanted_fields, allow_reveal)
    if copy:
        from integrations_cli.cli import clipboard  # noqa: PLC0415  rare

        clipboard.must_be_there(tools.doors.environ, again)
    via = "get --copy" if copy else "get --reveal"
    given = quickly(tools, lambda store: hand_out.hand_out(store, card.website, [definition.name], via, wanted_fields))
    handing.announce(tools, given)
    if copy:
        clipboard.copy(given[0].text, until.total_seconds(), tools.doors.environ, again)
        tools.out.done(f"{field} is in the clipboard for {clear_after}")
    if reveal:
        revealing.show(tools, given[0].text + ("" if no_newline else "\n"))
