"""One integration as an application uses it: credentials, settings, tests, rotation, and what its use cost."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from integrations_cli import prices
from integrations_cli.actions import check
from integrations_cli.actions.rotate import Policy, rotate
from integrations_cli.actions.set import set_values
from integrations_cli.actions.show import show
from integrations_cli.actions.test import test
from integrations_cli.actions.values import Values
from integrations_cli.card import Card
from integrations_cli.errors import IntegrationsError, NotFound, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, Provider
from integrations_cli.store import usage

if TYPE_CHECKING:
    from integrations_cli.actions.test import Check
    from integrations_cli.application.connection import Connection

BLAMING = ("rejected", "misconfigured")  # only these speak about the credentials


@dataclass
class Use:
    """One use, while it lasts: say what it took."""

    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0

    def tokens(self, model: str, tokens_in: int, tokens_out: int) -> None:
        """What a model has read and written; the cost is estimated from it."""
        self.model, self.tokens_in, self.tokens_out = model, self.tokens_in + tokens_in, self.tokens_out + tokens_out


@dataclass(slots=True)
class Integration:
    """Made by `website.integration_for` and by scopes; `card` is its masked view of that moment."""

    connection: "Connection" = field(repr=False)
    website: str
    definition: Provider = field(repr=False)
    card: Card = field(repr=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(website={self.website!r}, provider={self.provider!r})"

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.definition.name

    @property
    def category(self) -> str:
        """The provider's category."""
        return self.definition.category

    def refresh(self) -> Card:
        """The masked view of now; raises NotFound (3) when it was removed."""
        self.card, _ = show(self.connection.config.database, self.website, self.provider)
        return self.card

    # ── values ──

    def credential(self, name: str) -> Secret | None:
        """A credential of the version in use, also after a rotation by somebody else; None when it is not set.

        `.reveal()` gives the text. Raises NotFound (3) for an unknown name, Refused (8) when switched off, Locked (6), Unreadable (7).
        """
        self.definition.credential(name)
        return self.values_of_now().get(name)

    def values_of_now(self) -> Mapping[str, Secret]:
        """The credentials in use; what `card` and `setting` say of where they are sent is from then on what they are sealed for."""
        before = self.refresh()
        try:
            return self.connection.opened(before, self.definition)
        except Unreadable:
            if self.refresh() == before:
                raise
            return self.connection.opened(self.card, self.definition)  # it was rotated in between

    def setting(self, name: str) -> Any:
        """A setting, else its default: a stored false stays false. Raises NotFound (3) for an unknown name."""
        wanted = self.definition.field(name)
        if self.definition.is_credential(name):
            again = f"integrations show {self.provider} -w {self.website}"
            raise NotFound(f"{name} of {self.provider} is a credential, not a setting", "ask for it with credential()", again)
        return self.card.settings.get(name, wanted.default)

    def set_credential(self, name: str, value: str | Secret) -> None:
        """Store a credential, untested; the old one can be brought back for 24 hours. Raises BadValue (2). See `rotate_credential`."""
        text = value.reveal() if isinstance(value, Secret) else value
        accepted, _ = self.definition.credential(name).accept_credential(text)
        self._set(Values(credentials={name: accepted}))

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting; None puts it back to its default. Raises BadValue (2)."""
        if value is None:
            self._set(Values(), [name])
        else:
            self._set(Values(settings={name: self.definition.field(name).accept(value)[0]}))

    def _set(self, values: Values, unset: list[str] | None = None) -> None:
        connection = self.connection
        connection.must("edit", self.website)
        policy = Policy()
        set_values(connection.store, None, self.website, self.definition, values, unset or [], policy, _silent, connection.store.clock)
        self.refresh()

    # ── asking the provider ──

    def test_connection(self) -> Outcome:
        """Ask the provider, and remember what it said. Nothing is raised for a refusal: the outcome tells."""
        self.connection.must("use", self.website)
        store = self.connection.store
        result = test(store, self._check(), self.website, self.definition, store.clock)
        self.refresh()
        return result.outcome

    def rotate_credential(self, name: str, value: str | Secret) -> Outcome:
        """Replace a credential once the provider has accepted the new one; otherwise the old one stays.

        Raises CheckFailed (20: refused), NotChecked (21: it could not be asked), Refused (8: of another account), Conflict (4: another
        rotation is under way), UsageError (2: it is in use already); nothing has changed then. An outcome that does not prove it
        means: in use, and not tested as stored; `test_connection` makes up for that.
        """
        self.connection.must("edit", self.website)
        text = value.reveal() if isinstance(value, Secret) else value
        accepted, _ = self.definition.credential(name).accept_credential(text)
        store = self.connection.store
        outcome = rotate(store, self._check(), self.website, self.definition, {name: accepted}, Policy(wait=False), _silent, store.clock)
        self.refresh()
        return outcome

    def _check(self) -> "Check":
        web = self.connection.web()
        return lambda definition, credentials, settings: check.run(web, definition, credentials, settings)

    # ── what it was used for ──

    def record_usage(
        self, action: str = "use", *, count: int = 1, duration_ms: float = 0, tokens: tuple[int, int] = (0, 0), model: str = ""
    ) -> None:
        """Count a use; written together with others within seconds. Needs no key."""
        self.connection.must_once("use", self.website)
        cost = prices.cost(self.provider, model, *tokens, self.connection.prices) if any(tokens) else None
        self.connection.recorder.add(self.card.id, action, "ok", calls=count, duration_ms=duration_ms, tokens=tokens, cost=cost)

    def record_error(self, word: str, action: str = "use", *, http_status: int | None = None, duration_ms: float = 0) -> None:
        """Count a use that failed, by the class of the error: one short word, never a provider's text.

        `rejected` and `misconfigured` speak about the credentials: they set the last error, others do not.
        """
        self.connection.must_once("use", self.website)
        self.connection.recorder.add(self.card.id, action, word, duration_ms=duration_ms)
        if word in BLAMING:
            cause = "auth_rejected" if word == "rejected" else None
            usage.blame(self.connection.config.database, self.card.id, word, cause, http_status, self.connection.store.clock())

    def clear_error(self) -> None:
        """Forget the last error."""
        self.connection.must_once("use", self.website)
        usage.blame(self.connection.config.database, self.card.id, None, None, None, self.connection.store.clock())

    @contextmanager
    def use(self, action: str = "use") -> Iterator[Use]:
        """Count what happens inside: its duration, success, or the class of the error, which goes on its way."""
        began, this = perf_counter(), Use()
        try:
            yield this
        except Exception as error:
            self.record_error(error_class(error), action, duration_ms=(perf_counter() - began) * 1000)
            raise
        took = (perf_counter() - began) * 1000
        self.record_usage(action, duration_ms=took, tokens=(this.tokens_in, this.tokens_out), model=this.model)


def error_class(error: BaseException) -> str:
    """The word under which an error is counted: our own, else the name of its class."""
    own = getattr(error, "outcome", None)
    if isinstance(own, str):
        return own
    return error.code if isinstance(error, IntegrationsError) else type(error).__name__


def _silent(number: int, step: str, result: str) -> None:
    """Nobody watches the steps."""
