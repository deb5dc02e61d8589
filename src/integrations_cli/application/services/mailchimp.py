"""Subscribe visitors to a Mailchimp audience: https://mailchimp.com/developer/marketing/api/list-members/add-member-to-list/"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from integrations_cli.application.services.service import Failed, Service
from integrations_cli.errors import BadValue, MissingInput
from integrations_cli.provider import Answer

_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_LIST = re.compile(r"[0-9A-Za-z]{6,20}")


@dataclass(frozen=True, slots=True)
class Subscription:
    """`status` is `pending` until the visitor has confirmed (double opt-in), else `subscribed`; `exists`: was on the list already."""

    status: str
    list_id: str
    member_id: str | None = None


class Mailchimp(Service):
    """The mailing list of a website: `Mailchimp(website).subscribe("visitor@example.com")`."""

    category, only = "email_marketing", "mailchimp"

    def subscribe(self, email: str, list_id: str | None = None, merge_fields: Mapping[str, str] | None = None) -> Subscription:
        """Add an address to the list (the setting `default_list_id`); with the setting `double_optin` the visitor is asked first.

        Somebody who is on the list already stays as they are. Raises BadValue and MissingInput (2), NotFound (3),
        CheckFailed (20), NotChecked (21).
        """
        integration = self.integration
        target = list_id or integration.setting("default_list_id")
        if not target:
            again = f"integrations set mailchimp default_list_id=ID -w {self.website.slug}"
            raise MissingInput("which list?", "there is no default_list_id", again)
        if not _ADDRESS.fullmatch(email):
            raise BadValue("email", "not an e-mail address")
        if not _LIST.fullmatch(target):
            raise BadValue("list_id", "not the id of a list")
        status = "pending" if integration.setting("double_optin") else "subscribed"
        body = {"email_address": email, "status": status, **({"merge_fields": dict(merge_fields)} if merge_fields else {})}
        with integration.use("subscribe"):
            return self._added(target, body)

    def _added(self, target: str, body: Mapping[str, object]) -> Subscription:
        integration = self.integration
        prefix = integration.credential("server_prefix")
        key = integration.credential("api_key")
        url = f"https://{prefix.reveal() if prefix else ''}.api.mailchimp.com/3.0/lists/{target}/members"
        with self.door() as http:
            answer = http.post(url, basic=("anystring", key), json=body, chosen_by="server_prefix")
        if answer.status == 200:
            return Subscription(str(answer.at("status") or body["status"]), target, str(answer.at("id") or "") or None)
        if answer.status == 400 and answer.at("title") == "Member Exists":
            return Subscription("exists", target)
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> Exception:
        if answer.status == 404:
            return Failed("mailchimp: the list is not known to this account", "it answered 404", (), "not_accepted")
        whys = {
            "Invalid Resource": "the address or a field was not accepted",
            "Forgotten Email Not Subscribed": "this address was deleted for ever; only its owner can sign up again",
            "Member In Compliance State": "this address has unsubscribed or bounced; only its owner can sign up again",
        }
        return self.refused(answer, whys.get(str(answer.at("title")), "the request was not accepted") if answer.status == 400 else None)
