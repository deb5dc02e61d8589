"""Backblaze B2: https://www.backblaze.com/apidocs/b2-authorize-account"""

from integrations_cli.provider import Answer, Field, Given, Http, Outcome, Provider, limited, misconfigured, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.backblazeb2.com/b2api/v4/b2_authorize_account", basic=(given["key_id"], given["application_key"]))
    if answer.status != 200 or not isinstance(answer.at("accountId"), str):
        return refusal(answer)
    allowed = [one.get("name") for one in answer.at("apiInfo.storageApi.allowed.buckets") or () if isinstance(one, dict)]
    if given["bucket"] and allowed and given["bucket"] not in allowed:
        return misconfigured(f"bucket is {given['bucket']}, but the key is for another one")
    return ok(answer.at("accountId"), answer.at("accountId"))


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.at("code"):
        case 401, "unauthorized" | "bad_auth_token":
            return rejected("key id or application key is wrong")
        case 403, "transaction_cap_exceeded":
            return limited("the credentials are real, but a cap is reached")
        case _:
            return answer.otherwise()


provider = Provider(
    name="backblaze_b2",
    title="Backblaze B2",
    category="storage",
    description="object storage",
    keys_url="https://secure.backblaze.com/app_keys.htm",
    hosts=("api.backblazeb2.com",),
    cost="mints a token that is thrown away",
    credentials=(
        Field("key_id", "Key id", pattern="[0-9a-f]{12,25}", env=("B2_APPLICATION_KEY_ID", "B2_KEY_ID")),
        Field("application_key", "Application key", pattern="[A-Za-z0-9/+]{28,40}", env=("B2_APPLICATION_KEY",)),
    ),
    settings=(Field("bucket", required=False, pattern="[A-Za-z0-9-]{6,63}", env=("B2_BUCKET",)),),
    check=check,
)
