"""Twilio: https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource"""

from collections.abc import Mapping, Sequence
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
    untestable,
)

NEEDED = "auth_token, or both api_key_sid and api_key_secret"


def one_way_in(values: Mapping[str, Any]) -> Sequence[str]:
    """Only where the credentials are at hand: a change of a setting comes without them."""
    pair = [bool(values.get(name)) for name in ("api_key_sid", "api_key_secret")]
    if values.get("account_sid") and any(pair) and not all(pair):
        return ["api_key_sid and api_key_secret belong together"]
    return [] if values.get("auth_token") or all(pair) or not values.get("account_sid") else [f"needed: {NEEDED}"]


def host_of(given: Given) -> str:
    region, edge = given["region"] or ("us1" if given["edge"] else None), given["edge"]
    return ".".join(part for part in ("api", edge, region, "twilio.com") if part)


def check(http: Http, given: Given) -> Outcome:
    """The token is proven by the account; an API key by the messages, because a Standard key may not read the account."""
    pair = given["api_key_sid"] and given["api_key_secret"]
    if not given["auth_token"] and not pair:
        return untestable(f"needed: {NEEDED}; nothing was sent")
    found = account(http, given) if given["auth_token"] else ok()
    return messages(http, given, found) if pair and found.word == "ok" else found


def account(http: Http, given: Given) -> Outcome:
    answer = ask(http, given, ".json", (given["account_sid"], given["auth_token"]))
    status = answer.at("status") if answer.status == 200 else None
    if status == "active":
        return ok(answer.at("friendly_name"))  # the SID would tell whose it is, and is a credential
    if status in {"suspended", "closed"}:
        return limited(f"proven, but the account is {status}")
    return refusal(answer, "account SID or auth token is wrong")


def messages(http: Http, given: Given, found: Outcome) -> Outcome:
    basic = (given["api_key_sid"], given["api_key_secret"])
    answer = ask(http, given, "/Messages.json", basic, params={"PageSize": "1"}, optional=bool(given["auth_token"]))
    if answer.status == 200 and (isinstance(answer.at("messages"), list) or answer.long_json):
        return found
    other = refusal(answer, "the API key is wrong, or not one of this account")
    undecided = given["auth_token"] and not (other.proves or other.blames)  # the token is proven: no network makes that undone
    return found.noting("the API key could not be checked") if undecided else other


def ask(http: Http, given: Given, rest: str, basic: tuple[Any, Any], **more: Any) -> Answer:
    chosen_by = "region" if given["region"] or given["edge"] else None
    url = f"https://{host_of(given)}/2010-04-01/Accounts/{given['account_sid'].reveal()}{rest}"
    return http.get(url, basic=basic, chosen_by=chosen_by, path_setting="account_sid", **more)


def refusal(answer: Answer, wrong: str) -> Outcome:
    match answer.status, answer.at("code"):
        case 401, 20003:
            return rejected(wrong)
        case 403, 20403 | 70051:
            return limited("a restricted key, real, without the permission")
        case 404, 20404:
            return misconfigured("account_sid is not the one of the key")
        case _:
            return answer.otherwise()


SID = (Lookalike("^(AC|SK)", "this is a SID, not a token"),)
provider = Provider(
    name="twilio",
    title="Twilio",
    category="communication",
    description="text messages and calls",
    keys_url="https://console.twilio.com/",
    keys_help="Account info; API keys under Account > API keys & tokens",
    hosts=("api.twilio.com", r"^api(\.[a-z]+(-[a-z]+)*)?\.[a-z]{2}[0-9]\.twilio\.com$"),
    related_env=("TWILIO_REGION", "TWILIO_EDGE"),
    refuses=one_way_in,
    credentials=(
        Field(
            "account_sid",
            "Account SID",
            pattern="AC[0-9a-f]{32}",
            strict=True,
            env=("TWILIO_ACCOUNT_SID",),
            help="it begins with AC",
            lookalikes=(Lookalike("^SK", "this is an API key SID", refuse=True),),
        ),
        Field("auth_token", "Auth token", required=False, pattern="[0-9a-f]{32}", env=("TWILIO_AUTH_TOKEN",), lookalikes=SID),
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
            "from_number",
            "From number",
            required=False,
            pattern=r"\+[1-9][0-9]{6,14}",
            env=("TWILIO_PHONE_NUMBER", "TWILIO_FROM_NUMBER"),
            help="like +15551234567",
        ),
        Field("messaging_service_sid", "Messaging service SID", required=False, pattern="MG[0-9a-f]{32}"),
        Field("region", required=False, pattern="[a-z]{2}[0-9]", strict=True, destination=True, help="for example ie1"),
        Field("edge", required=False, pattern="[a-z]+(-[a-z]+)*", strict=True, destination=True, help="for example dublin"),
    ),
    check=check,
)
