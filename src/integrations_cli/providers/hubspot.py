"""HubSpot: https://developers.hubspot.com/docs/api-reference/account-account-info-v3/guide"""

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
    rate_limited,
    rejected,
)


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.hubapi.com/account-info/v3/details", bearer=given["api_key"])
    portal = answer.at("portalId")
    if answer.status != 200 or not isinstance(portal, int | str):
        return refusal(answer)
    if given["portal_id"] and str(portal) != given["portal_id"]:
        return misconfigured(f"portal_id is {given['portal_id']}, but the key belongs to {str(portal)[:20]}")
    return ok(portal, portal)


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.at("category"):
        case 401, "INVALID_AUTHENTICATION" | "EXPIRED_AUTHENTICATION":
            return rejected("the token is unknown or revoked")
        case 403, "MISSING_SCOPES":
            return limited("the token is real, but a scope is missing")
        case 429, _ if answer.at("policyName") == "TEN_SECONDLY_ROLLING":
            return rate_limited(retry_after=answer.retry_after or 10)
        case _:
            return answer.otherwise()


provider = Provider(
    name="hubspot",
    title="HubSpot",
    category="crm",
    description="contacts, companies and deals",
    keys_url="https://app.hubspot.com/",
    keys_help="Development > Keys > Service keys",
    hosts=("api.hubapi.com",),
    credentials=(
        Field(
            "api_key",
            "Access token or service key",
            pattern="pat-(na|eu|ap)[0-9]-[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}",
            env=("HUBSPOT_ACCESS_TOKEN", "HUBSPOT_PRIVATE_APP_TOKEN", "HUBSPOT_API_KEY"),
            lookalikes=(
                Lookalike(
                    "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                    "an old API key (hapikey); HubSpot ended them in 2022",
                    refuse=True,
                ),
            ),
        ),
    ),
    settings=(
        Field("portal_id", "Portal id", required=False, pattern="[0-9]{1,12}", strict=True, env=("HUBSPOT_PORTAL_ID",), help="digits only"),
    ),
    check=check,
)
