"""WhatsApp Business (Cloud API): https://developers.facebook.com/docs/graph-api/guides/error-handling"""

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
    unreachable,
)

DEAD = {460: "the token ended with a change of password", 463: "the token is expired", 467: "the token is no longer valid"}


def check(http: Http, given: Given) -> Outcome:
    url = f"https://graph.facebook.com/{given['api_version']}/{given['phone_number_id']}"
    fields = {"fields": "id,display_phone_number,verified_name,quality_rating"}
    answer = http.get(url, params=fields, bearer=given["access_token"], path_setting="phone_number_id")
    if answer.status == 200 and answer.at("id"):
        return ok(answer.at("verified_name"), answer.at("id"))
    return refusal(answer)


def refusal(answer: Answer) -> Outcome:
    """The code decides: an expired token comes with status 400 or 401."""
    sub = answer.at("error.error_subcode")
    if answer.status >= 500:
        return answer.otherwise()
    match answer.status, answer.at("error.code"):
        case _, 1 | 2:
            return unreachable("trouble at Meta")
        case _, 190:
            return rejected((DEAD.get(sub) if isinstance(sub, int) else None) or "the token is wrong or expired")
        case 400, 100 if sub == 33:
            return misconfigured("phone_number_id is wrong, or not visible to this token")
        case _, int(code) if code == 10 or 200 <= code <= 299:
            return limited("the token is real, but the permission whatsapp_business_management is missing")
        case _, 4 | 80007 | 130429:
            return rate_limited("the limit of the app or the account is reached", answer.retry_after)
        case _:
            return answer.otherwise()


provider = Provider(
    name="whatsapp",
    title="WhatsApp Business",
    category="communication",
    description="messages through the Cloud API",
    keys_url="https://developers.facebook.com/apps",
    keys_help="app > WhatsApp > API Setup; lasting tokens: https://business.facebook.com/settings/system-users",
    hosts=("graph.facebook.com",),
    aliases=("whatsapp_business",),
    unproven=("app_secret", "verify_token"),
    credentials=(
        Field(
            "access_token",
            "Access token",
            pattern="EAA[A-Za-z0-9]{20,}",
            env=("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_TOKEN"),
            env_if_asked=("META_ACCESS_TOKEN",),
            ends=True,
        ),
        Field("app_secret", "App secret", required=False, pattern="[0-9a-f]{32}", env_if_asked=("META_APP_SECRET", "FACEBOOK_APP_SECRET")),
        Field("verify_token", "Verify token", required=False, env=("WHATSAPP_VERIFY_TOKEN",)),
    ),
    settings=(
        Field(
            "phone_number_id",
            "Phone number id",
            pattern="[0-9]{5,20}",
            strict=True,
            env=("WHATSAPP_PHONE_NUMBER_ID",),
            help="digits only; it is not the phone number",
        ),
        Field(
            "business_account_id",
            "Business account id",
            required=False,
            pattern="[0-9]{5,20}",
            strict=True,
            env=("WHATSAPP_BUSINESS_ACCOUNT_ID", "WABA_ID"),
            help="digits only",
        ),
        Field(
            "api_version",
            "API version",
            required=False,
            default="v23.0",
            pattern=r"v[0-9]{1,3}\.[0-9]",
            strict=True,
            help="it looks like v23.0",
        ),
    ),
    check=check,
)
