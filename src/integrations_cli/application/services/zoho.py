"""Leads in Zoho CRM: https://www.zoho.com/crm/developer/docs/api/v8/insert-records.html

An access token lives an hour, and Zoho gives only 10 of them in 10 minutes: one is kept in memory per connection, made by one
thread at a time. Should Zoho send a new refresh token, it is committed before the access token is used.
"""

from datetime import timedelta
from typing import Any

from integrations_cli.application.services.service import Failed, Service
from integrations_cli.masking import Secret
from integrations_cli.provider import Answer, misconfigured
from integrations_cli.providers import zoho as definition
from integrations_cli.store.turn import queue

EARLY = timedelta(minutes=2)  # a token is renewed before its end


class Zoho(Service):
    """The CRM of a website: `Zoho(website).create_lead("Doe", email="doe@example.com")`."""

    category, only = "crm", "zoho"

    def create_lead(self, last_name: str, *, company: str | None = None, email: str | None = None, **fields: Any) -> str:
        """Make a lead and return its id; `fields` are by Zoho's names, such as `Lead_Source="Website"`.

        Raises NotFound (3), CheckFailed (20), NotChecked (21).
        """
        given = {"Last_Name": last_name, "Company": company, "Email": email, **fields}
        body = {"data": [{name: value for name, value in given.items() if value is not None}]}
        with self.integration.use("create_lead"):
            answer = self._send(body, self._token())
            if answer.status == 401 and answer.at("code") == "INVALID_TOKEN":  # revoked before its time: once more with a new one
                answer = self._send(body, self._token(anew=True))
            ident = answer.at("data.0.details.id")
            if answer.status in {200, 201, 202} and answer.at("data.0.code") == "SUCCESS" and ident:
                return str(ident)
            raise self._refusal(answer)

    def _send(self, body: dict[str, Any], token: Secret) -> Answer:
        headers = {"authorization": Secret(f"Zoho-oauthtoken {token.reveal()}")}
        with self.door() as http:
            domain = self.integration.setting("api_domain")
            return http.post(f"{domain}/crm/v8/Leads", headers=headers, json=body, chosen_by="api_domain")

    def _refusal(self, answer: Answer) -> Exception:
        code = answer.at("data.0.code") or answer.at("code")
        if answer.status == 401 and code == "INVALID_TOKEN":
            return self.failed(misconfigured("api_domain and accounts_url are of different data centres"))
        whys = {
            "MANDATORY_NOT_FOUND": "a field that Zoho requires is missing",
            "INVALID_DATA": "a field has a value that Zoho does not take",
            "DUPLICATE_DATA": "there is such a lead already",
            "OAUTH_SCOPE_MISMATCH": "the scope ZohoCRM.modules.leads.CREATE is missing",
        }
        if code in whys:
            return Failed(f"zoho of {self.website.slug}: {whys[code]}", f"it answered {answer.status}", (), "not_accepted")
        return self.refused(answer, "the request was not accepted" if answer.status in {200, 202, 400} else None)

    # ── the access token ──

    def _token(self, anew: bool = False) -> Secret:
        connection, card = self.integration.connection, self.integration.refresh()
        spent = connection.tokens.get((card.id, card.version), (None, None))[0] if anew else None
        with connection.lock(f"token {card.id}"):
            kept, until = connection.tokens.get((card.id, card.version), (None, None))
            if kept is not None and until is not None and until > connection.store.clock() and kept is not spent:
                return kept  # another thread has made it meanwhile
            with queue(connection.config.database.with_name(f"token-{card.id}")):  # and no other process makes one now
                return self._made()

    def _made(self) -> Secret:
        integration, connection = self.integration, self.integration.connection
        answer = self._ask()
        text, seconds, fresh = answer.at("access_token"), answer.at("expires_in"), answer.at("refresh_token")
        if answer.status != 200 or not isinstance(text, str):
            raise self._no_token(answer)
        if isinstance(fresh, str) and fresh and Secret(fresh) != integration.credential("refresh_token"):
            integration.set_credential("refresh_token", fresh)  # committed first: the old one may be void from now on
        token, card = Secret(text), integration.refresh()
        lives = timedelta(seconds=seconds if isinstance(seconds, int) and 0 < seconds <= 86400 else 3600)
        connection.tokens[card.id, card.version] = (token, connection.store.clock() + lives - EARLY)
        return token

    def _ask(self) -> Answer:
        integration = self.integration
        form = {name: integration.credential(name) for name in ("client_id", "client_secret", "refresh_token")}
        with self.door() as http:
            accounts = integration.setting("accounts_url") or definition.accounts_of(str(integration.setting("api_domain")))
            return http.post(f"{accounts}/oauth/v2/token", form={"grant_type": "refresh_token", **form}, chosen_by="accounts_url")

    def _no_token(self, answer: Answer) -> Exception:
        outcome = definition.refusal(answer)
        return self.failed(outcome)
