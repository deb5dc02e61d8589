"""Mailchimp Marketing: https://mailchimp.com/developer/marketing/api/root/"""

from collections.abc import Mapping
from typing import Any

from integrations_cli.provider import (
    Answer,
    Field,
    Given,
    Http,
    Lookalike,
    Outcome,
    Provider,
    limited,
    misconfigured,
    ok,
    rejected,
    segment,
)


def server_of(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data centre is the part of the key after the dash."""
    prefix = str(values.get("api_key", "")).rpartition("-")[2]
    return {"server_prefix": prefix} if "-" in str(values.get("api_key", "")) and prefix.isalnum() else {}


def check(http: Http, given: Given) -> Outcome:
    prefix, ending = given["server_prefix"].reveal(), given["api_key"].reveal().rpartition("-")
    if ending[1] and ending[2] != prefix:
        return misconfigured("server_prefix is not the one at the end of the key")
    base, basic = f"https://{prefix}.api.mailchimp.com/3.0", ("anystring", given["api_key"])
    fields = "account_id,account_name,login_id,role,total_subscribers"
    answer = http.get(f"{base}/", params={"fields": fields}, basic=basic, chosen_by="server_prefix", path_setting="server_prefix")
    if answer.status != 200 or not answer.at("account_id"):
        return refusal(answer)
    good = ok(answer.at("account_name"), answer.at("account_id"))
    if not given["default_list_id"]:
        return good
    audience = http.get(f"{base}/lists/{segment(given['default_list_id'])}", params={"fields": "id,name"}, basic=basic, optional=True)
    if audience.status == 404:
        return misconfigured("default_list_id is not known to this account")
    return good.noting(None if audience.status == 200 else "default_list_id could not be checked")


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.at("title"):
        case 401, "API Key Invalid" | "API Key Missing":
            return rejected("the key is unknown or disabled")
        case 403, "Wrong Datacenter":
            return misconfigured("server_prefix is wrong")
        case 403, "Forbidden" | "User Disabled":
            return limited("the account is disabled, or this is not allowed")
        case _:
            return answer.otherwise()


provider = Provider(
    name="mailchimp",
    title="Mailchimp",
    category="email_marketing",
    description="audiences and campaigns",
    keys_url="https://admin.mailchimp.com/account/api/",
    keys_help="Account & billing > Extras > API keys",
    hosts=(r"^[a-z]{2,10}[0-9]{0,4}\.api\.mailchimp\.com$",),
    completes=server_of,
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern="[0-9a-f]{32}-[a-z]{2,10}[0-9]{0,4}",
            env=("MAILCHIMP_API_KEY", "MAILCHIMP_MARKETING_API_KEY"),
            lookalikes=(Lookalike("^(md-)?[A-Za-z0-9_-]{22}$", "the shape of a Mailchimp Transactional (Mandrill) key: another product"),),
        ),
        Field(
            "server_prefix",
            "Server prefix",
            pattern="[a-z]{2,10}[0-9]{0,4}",
            strict=True,
            destination=True,
            env=("MAILCHIMP_SERVER_PREFIX", "MAILCHIMP_SERVER", "MAILCHIMP_DC"),
            help="it looks like us21: letters, then digits",
        ),
    ),
    settings=(
        Field(
            "default_list_id", "Default list id", required=False, pattern="[0-9a-f]{10}", env=("MAILCHIMP_LIST_ID", "MAILCHIMP_AUDIENCE_ID")
        ),
        Field("double_optin", "Double opt-in", required=False, default=True),
    ),
    check=check,
)
