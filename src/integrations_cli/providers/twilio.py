"""Twilio: https://www.twilio.com/docs/iam/api/account"""

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
    untestable,
)


def host(given: Given) -> str:
    region, edge = given["region"], given["edge"]
    if edge:
        return f"api.{edge}.{region or 'us1'}.twilio.com"
    return f"api.{region}.twilio.com" if region else "api.twilio.com"


def check(http: Http, given: Given) -> Outcome:
    base, sid = f"https://{host(given)}/2010-04-01/Accounts", given["account_sid"]
    if given["auth_token"]:
        answer = http.get(f"{base}/{sid.reveal()}.json", basic=(sid, given["auth_token"]), chosen_by="region" if given["region"] else None)
        return account(answer)
    if given["api_key_sid"] and given["api_key_secret"]:
        pair = (given["api_key_sid"], given["api_key_secret"])
        answer = http.get(f"{base}/{sid.reveal()}/Messages.json", params={"PageSize": "1"}, basic=pair)
        return ok() if answer.status == 200 and isinstance(answer.at("messages"), list) else refusal(answer)
    return untestable("neither auth_token nor an API key is stored")


def account(answer: Answer) -> Outcome:
    if answer.status == 200 and answer.at("status") in ("suspended", "closed"):
        return limited(f"the credentials are proven, but the account is {answer.at('status')}")
    if answer.status == 200 and answer.at("status") == "active":
        return ok(answer.at("friendly_name"), answer.at("sid"))
    return refusal(answer)


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.at("code"):
        case 401, _:
            return rejected("SID, token or secret is wrong")
        case 403, 20403 | 70051:
            return limited("a restricted key without this permission")
        case 404, 20404:
            return misconfigured("account_sid is not the one of the key")
        case _:
            return answer.otherwise()


provider = Provider(
    name="twilio",
    title="Twilio",
    category="communication",
    description="SMS, voice and messaging",
    keys_url="https://console.twilio.com/",
    hosts=("api.twilio.com", r"^api(\.[a-z]+(-[a-z]+)*)?\.[a-z]{2}[0-9]\.twilio\.com$"),
    related_env=("TWILIO_REGION", "TWILIO_EDGE"),
    credentials=(
        Field(
            "account_sid",
            "Account SID",
            pattern="AC[0-9a-f]{32}",
            strict=True,
            env=("TWILIO_ACCOUNT_SID",),
            help="AC and 32 hex digits",
            lookalikes=(Lookalike("^SK", "this is an API key SID", refuse=True),),
        ),
        Field(
            "auth_token",
            "Auth token",
            required=False,
            pattern="[0-9a-f]{32}",
            env=("TWILIO_AUTH_TOKEN",),
            lookalikes=(Lookalike("^(AC|SK)", "this is a SID, not a token"),),
        ),
        Field("api_key_sid", "API key SID", required=False, pattern="SK[0-9a-fA-F]{32}", env=("TWILIO_API_KEY", "TWILIO_API_KEY_SID")),
        Field(
            "api_key_secret",
            "API key secret",
            required=False,
            pattern="[A-Za-z0-9]{32}",
            env=("TWILIO_API_SECRET", "TWILIO_API_KEY_SECRET"),
        ),
    ),
    settings=(
        Field(
            "from_number", "From number", required=False, pattern=r"\+[1-9][0-9]{6,14}", env=("TWILIO_PHONE_NUMBER", "TWILIO_FROM_NUMBER")
        ),
        Field("messaging_service_sid", "Messaging service SID", required=False, pattern="MG[0-9a-f]{32}"),
        Field("region", required=False, destination=True, pattern="[a-z]{2}[0-9]", strict=True, help="such as ie1"),
        Field("edge", required=False, destination=True, pattern="[a-z]+(-[a-z]+)*", strict=True, help="such as dublin"),
    ),
    check=check,
)
