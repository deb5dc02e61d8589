"""What the services share: the integration of a website, and requests whose failures become our own errors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from integrations_cli.application.integration import Integration
from integrations_cli.application.website import Website
from integrations_cli.errors import CheckFailed, IntegrationsError, NotChecked, NotFound
from integrations_cli.provider import Answer, NoAnswer, Outcome

if TYPE_CHECKING:
    from integrations_cli.provider import Http

LARGEST = 4 * 1024 * 1024  # bytes of an answer


class Service:
    """One service for one website. `configured` says whether it can be used; using it otherwise raises NotFound."""

    category = ""
    only: str | None = None  # the one provider, if it is one

    def __init__(self, website: Website, provider: str | None = None, deadline: float = 30.0) -> None:
        self.website, self.deadline = website, deadline
        self.found = website.integration_for(self.category, provider or self.only)

    @property
    def configured(self) -> bool:
        """True if there is an integration to use."""
        return self.found is not None

    @property
    def integration(self) -> Integration:
        """The one in use; raises NotFound (3) when there is none."""
        if self.found is None:
            again = " ".join(["integrations add", *([self.only] if self.only else []), "-w", self.website.slug])
            name = self.only or f"an integration of the category {self.category}"
            raise NotFound(f"{name} is not set up for {self.website.slug}", "it was never added, or was removed", again)
        return self.found

    @contextmanager
    def door(self) -> Iterator["Http"]:
        """The network, for this provider's hosts only, once the settings that choose one are what the credentials are sealed for.

        So settings are asked for inside. Raises NotChecked (21) when it gives no answer, Unreadable (7).
        """
        integration = self.integration
        integration.values_of_now()
        web = integration.connection.web(self.deadline, LARGEST)
        try:
            yield web.http(integration.definition, own=integration.definition.own_hosts(integration.card.settings).values())
        except NoAnswer as error:
            raise self.failed(Outcome("unreachable", error.message, error.cause)) from None

    def failed(self, outcome: Outcome) -> IntegrationsError:
        """The error for an outcome: CheckFailed (20) when the provider blames the credentials or a setting, else NotChecked (21)."""
        name = self.integration.provider
        tries = [f"integrations test {name} -w {self.website.slug}"] if outcome.blames else []
        kind = Blamed if outcome.blames else Failed
        return kind(f"{name} of {self.website.slug}: {outcome.word}", outcome.message or None, tries, outcome.word)

    def refused(self, answer: Answer, why: str | None = None) -> IntegrationsError:
        """The error for an answer, by the general table; `why` is for a request that was understood and not accepted."""
        outcome = answer.otherwise()
        if why is None or outcome.word != "unreachable":
            return self.failed(outcome)
        return Failed(f"{self.integration.provider} of {self.website.slug}: {why}", f"it answered {answer.status}", (), "not_accepted")


class Blamed(CheckFailed):
    """The provider says that the credentials or a setting are wrong. `outcome` is the word it is counted under."""

    def __init__(self, what: str, why: str | None, tries: Sequence[str], outcome: str) -> None:
        super().__init__(what, why, tries)
        self.outcome = outcome


class Failed(NotChecked):
    """No answer, too many requests, or a request that was not accepted. `outcome` is the word it is counted under."""

    def __init__(self, what: str, why: str | None, tries: Sequence[str], outcome: str) -> None:
        super().__init__(what, why, tries)
        self.outcome = outcome
