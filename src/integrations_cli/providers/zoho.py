"""Zoho CRM: https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token-expiry.html"""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.provider import (
    Answer,
    Field,
    Given,
    Http,
    Outcome,
    Provider,
    limited,
    misconfigured,
    ok,
    rate_limited,
    rejected,
)

CENTRES = {  # ending of the API domain → host of the accounts server
    "com": "accounts.zoho.com",
    "eu": "accounts.zoho.eu",
    "in": "accounts.zoho.in",
    "com.au": "accounts.zoho.com.au",
    "jp": "accounts.zoho.jp",
    "ca": "accounts.zohocloud.ca",
    "com.cn": "accounts.zoho.com.cn",
    "sa": "accounts.zoho.sa",
    "uk": "accounts.zoho.uk",
}
DOMAINS = tuple(f"https://www.zohoapis.{ending}" for ending in CENTRES)
REFUSED = {
    "invalid_code": "the refresh token is wrong, revoked, or of another data centre",
    "invalid_client": "client_id is wrong, or of another data centre",
    "invalid_client_secret": "client_secret is wrong",
}


def accounts_of(api_domain: str) -> str:
    return "https://" + CENTRES[centre_of(api_domain)]


def centre_of(api_domain: str) -> str:
    """The ending after `.zohoapis.`: www, sandbox and developer of one data centre have the same."""
    return api_domain.rpartition(".zohoapis.")[2].rstrip("/")


def one_centre(values: Mapping[str, Any]) -> Sequence[str]:
    domain, accounts = values.get("api_domain") or DOMAINS[0], values.get("accounts_url")
    if accounts and domain and accounts_of(domain) != accounts:
        return ["api_domain and accounts_url are of different data centres"]
    return []


def check(http: Http, given: Given) -> Outcome:
    accounts = given["accounts_url"] or accounts_of(given["api_domain"])
    form = {name: given[name] for name in ("client_id", "client_secret", "refresh_token")}
    answer = http.post(f"{accounts}/oauth/v2/token", form={"grant_type": "refresh_token", **form}, chosen_by="accounts_url")
    token = answer.at("access_token")
    if answer.status != 200 or not isinstance(token, str):
        return refusal(answer)
    domain = answer.at("api_domain")
    if isinstance(domain, str) and centre_of(domain) != centre_of(given["api_domain"]):
        named = domain if domain.rstrip("/") in DOMAINS else "another address"
        return misconfigured(f"api_domain is {given['api_domain']}, but the account is at {named}")
    org = http.get(f"{given['api_domain']}/crm/v8/org", headers={"Authorization": f"Zoho-oauthtoken {token}"}, optional=True)
    return organisation(org)


def refusal(answer: Answer) -> Outcome:
    error = answer.at("error")
    if answer.status == 400 and answer.says("too many requests"):
        return rate_limited("too many tokens in 10 minutes", 600)
    if answer.status == 200 and isinstance(error, str) and error in REFUSED:
        return rejected(REFUSED[error])
    return answer.otherwise()


def organisation(answer: Answer) -> Outcome:
    if answer.status == 401 and answer.at("code") == "INVALID_TOKEN":
        return misconfigured("api_domain and accounts_url are of different data centres")
    if answer.status == 401 and answer.at("code") == "OAUTH_SCOPE_MISMATCH":
        return limited("the credentials are proven, but the scope ZohoCRM.org.READ is missing")
    read = answer.status == 200 and answer.at("org.0.id")
    return ok(answer.at("org.0.company_name"), answer.at("org.0.id")).noting(None if read else "the organisation could not be read")


provider = Provider(
    name="zoho",
    title="Zoho CRM",
    category="crm",
    description="customers, leads and deals",
    keys_url="https://api-console.zoho.com/",
    keys_help="Self Client or Server-based application; other data centres have a console of their own",
    hosts=(*CENTRES.values(), r"^(www|sandbox|developer)\.zohoapis\.(com|eu|in|com\.au|jp|ca|com\.cn|sa|uk)$"),
    aliases=("zoho_crm",),
    cost="mints an access token that lives an hour",
    per_minutes=(5, 10),
    refuses=one_centre,
    credentials=(
        Field("client_id", "Client id", pattern=r"1000\.[A-Z0-9]{20,}", env=("ZOHO_CLIENT_ID",)),
        Field("client_secret", "Client secret", pattern="[0-9a-f]{30,}", env=("ZOHO_CLIENT_SECRET",)),
        Field("refresh_token", "Refresh token", pattern=r"1000\.[0-9a-f]{20,}\.[0-9a-f]{20,}", env=("ZOHO_REFRESH_TOKEN",)),
    ),
    settings=(
        Field(
            "api_domain",
            "API domain",
            required=False,
            default=DOMAINS[0],
            choices=DOMAINS,
            pattern=r"https://(www|sandbox|developer)\.zohoapis\.(com|eu|in|com\.au|jp|ca|com\.cn|sa|uk)",
            strict=True,
            destination=True,
            env=("ZOHO_API_DOMAIN",),
            help="an address like https://www.zohoapis.eu",
        ),
        Field(
            "accounts_url",
            "Accounts URL",
            required=False,
            kind="url",
            pattern=r"https://accounts\.(zoho\.(com|eu|in|com\.au|jp|com\.cn|sa|uk)|zohocloud\.ca)",
            strict=True,
            destination=True,
            env=("ZOHO_ACCOUNTS_URL",),
            help="an address like https://accounts.zoho.eu; when not set it follows from the API domain",
        ),
        Field(
            "sync_frequency", "Sync frequency", required=False, default="daily", choices=("realtime", "15min", "hourly", "6hours", "daily")
        ),
    ),
    check=check,
)
