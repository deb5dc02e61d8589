"""Backblaze B2: https://www.backblaze.com/apidocs/b2-authorize-account"""

import re

from integrations_cli.provider import Answer, Field, Given, Http, Outcome, Provider, limited, misconfigured, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    """The answer holds an authorization token: only the account's id and the names of its buckets are taken."""
    basic = (given["key_id"], given["application_key"])
    answer = http.get("https://api.backblazeb2.com/b2api/v4/b2_authorize_account", basic=basic)
    if answer.status != 200 or not answer.at("accountId"):
        return refusal(answer)
    only, wanted = buckets(answer), given["bucket"]
    if wanted and only and wanted not in only:
        return misconfigured(f"bucket is {wanted}, but the key is for {', '.join(only)} only")
    return ok(answer.at("accountId"), answer.at("accountId"))


def buckets(answer: Answer) -> list[str]:
    """The buckets a key is restricted to; empty for a key of all buckets."""
    found = answer.at("apiInfo.storageApi.allowed.buckets")
    names = [one.get("name") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [name for name in names if isinstance(name, str) and re.fullmatch("[A-Za-z0-9-]{6,63}", name)]


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.at("code"):
        case 401, "unauthorized" | "bad_auth_token":
            return rejected("key id or application key is wrong")
        case 403, "transaction_cap_exceeded":
            return limited("the key is real, but the cap of the account is reached")
        case _:
            return answer.otherwise()


provider = Provider(
    name="backblaze_b2",
    title="Backblaze B2",
    category="storage",
    description="files and backups",
    keys_url="https://secure.backblaze.com/app_keys.htm",
    hosts=("api.backblazeb2.com",),
    cost="mints an authorization token that lives a day",
    credentials=(
        Field("key_id", "Key id", pattern="[0-9a-f]{12,25}", env=("B2_APPLICATION_KEY_ID", "B2_KEY_ID")),
        Field("application_key", "Application key", pattern="[A-Za-z0-9/+]{28,40}", env=("B2_APPLICATION_KEY",)),
    ),
    settings=(Field("bucket", required=False, pattern="[A-Za-z0-9-]{6,63}", env=("B2_BUCKET",)),),
    check=check,
)
