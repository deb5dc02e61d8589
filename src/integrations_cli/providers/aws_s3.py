"""AWS S3: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""

import re

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
    unreachable,
    untestable,
)

REGION = "[a-z0-9]+(-[a-z0-9]+)*"
IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
XML = {"accept": "application/xml"}
REFUSED = {
    **dict.fromkeys(("InvalidClientTokenId", "InvalidAccessKeyId"), "the access key id is unknown or inactive"),
    "SignatureDoesNotMatch": "the secret access key is wrong",
    "ExpiredToken": "the temporary key is over",
}


def check(http: Http, given: Given) -> Outcome:
    if given["endpoint_url"]:
        return own_store(http, given)
    answer = http.post(f"https://sts.{base(given)}/", form=IDENTITY, headers=XML, aws=signer(given, "sts"), chosen_by="region")
    account = answer.tag("Account")
    if answer.status != 200 or not account or not answer.tag("Arn"):
        return refusal(answer, given)
    return with_bucket(http, given, ok(account, account))


def own_store(http: Http, given: Given) -> Outcome:
    if not given["bucket"]:
        return untestable("a store of one's own is tested by its bucket, and none is set; nothing was sent")
    answer = bucket(http, given)
    return ok() if listed(answer) else refusal(answer, given)


def with_bucket(http: Http, given: Given, proven: Outcome) -> Outcome:
    """The keys are proven by now: the bucket can only show a missing permission or a wrong setting."""
    if not given["bucket"]:
        return proven
    answer = bucket(http, given, optional=True)
    found = proven if listed(answer) else refusal(answer, given)
    return found if found.word in {"ok", "limited", "misconfigured"} else proven.noting("the bucket could not be checked")


def base(given: Given) -> str:
    return f"{given['region']}.amazonaws.com{'.cn' if given['region'].startswith('cn-') else ''}"


def signer(given: Given, service: str) -> tuple[object, object, object, str, str]:
    return given["access_key_id"], given["secret_access_key"], given["session_token"], service, given["region"]


def bucket(http: Http, given: Given, *, optional: bool = False) -> Answer:
    """GET, not HEAD: an answer to HEAD has no body that says why."""
    name = given["bucket"]
    if given["endpoint_url"]:
        url, chosen_by = f"{given['endpoint_url'].rstrip('/')}/{name}", "endpoint_url"
    elif given["path_style"] or "." in name:  # the vendor's certificate covers one more label only
        url, chosen_by = f"https://s3.{base(given)}/{name}", "region"
    else:
        url, chosen_by = f"https://{name}.s3.{base(given)}/", "region"
    query = {"list-type": "2", "max-keys": "1"}
    return http.get(url, params=query, headers=XML, aws=signer(given, "s3"), optional=optional, chosen_by=chosen_by, path_setting="bucket")


def listed(answer: Answer) -> bool:
    return answer.status == 200 and answer.says("<ListBucketResult")


def refusal(answer: Answer, given: Given) -> Outcome:
    code = answer.tag("Code")
    if answer.status in {400, 403} and code in REFUSED:
        return rejected(REFUSED[code])
    match answer.status, code:
        case 403, "AccessDenied":
            return limited("the keys are real, but a permission is missing")
        case 403, "RequestTimeTooSkewed":
            return unreachable("the clock of this machine is wrong: AWS refuses the time of the request")
        case 301 | 400, "PermanentRedirect" | "AuthorizationHeaderMalformed":
            right = answer.headers.get("x-amz-bucket-region") or answer.tag("Region") or ""
            named = f": it is {right}" if re.fullmatch(REGION, right) else ""
            return misconfigured(f"region {given['region']} is not the one of the bucket{named}")
        case 404, "NoSuchBucket":
            return misconfigured("bucket is not known")
        case 503, "SlowDown":
            return rate_limited(retry_after=answer.retry_after)
        case _:
            return answer.otherwise()


provider = Provider(
    name="aws_s3",
    title="AWS S3",
    category="storage",
    description="files in buckets, at Amazon or a store that speaks S3",
    keys_url="https://console.aws.amazon.com/iam/",
    keys_help="Users > user > Security credentials",
    hosts=(r"^sts\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$", r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\.)?s3\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$"),
    cost="free; one list request when a bucket is set",
    settles_within=15,  # IAM is eventually consistent: a new key id is unknown for some seconds
    aliases=("s3",),
    related_env=("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    credentials=(
        Field(
            "access_key_id",
            "Access key id",
            pattern="(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
            env_if_asked=("AWS_ACCESS_KEY_ID",),
            lookalikes=(
                Lookalike("^[0-9a-f]{32}$", "the shape of a Cloudflare R2 key id"),
                Lookalike("^ASIA", "a temporary key: it needs session_token and ends soon"),
            ),
        ),
        Field("secret_access_key", "Secret access key", pattern="[A-Za-z0-9/+=]{40}", env_if_asked=("AWS_SECRET_ACCESS_KEY",)),
        Field("session_token", "Session token", required=False, env_if_asked=("AWS_SESSION_TOKEN",), ends=True),
    ),
    settings=(
        Field(
            "region",
            required=False,
            default="us-east-1",
            pattern=REGION,
            strict=True,
            destination=True,
            env_if_asked=("AWS_REGION", "AWS_DEFAULT_REGION"),
            help="it looks like eu-central-1",
        ),
        Field(
            "bucket",
            required=False,
            pattern="[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            strict=True,
            destination=True,
            env=("S3_BUCKET",),
            env_if_asked=("AWS_S3_BUCKET", "AWS_BUCKET"),
            help="small letters, digits, dots and dashes",
        ),
        Field(
            "endpoint_url",
            "Endpoint URL",
            required=False,
            kind="url",
            pattern="https://[a-z0-9.-]+/?",
            strict=True,
            destination=True,
            help="an address like https://s3.example.com, for a store that is not Amazon's",
        ),
        Field("path_style", "Path style", required=False, default=False, destination=True),
    ),
    check=check,
)
