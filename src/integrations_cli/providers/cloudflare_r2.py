"""Cloudflare R2: https://developers.cloudflare.com/r2/api/s3/api/"""

from integrations_cli.provider import Answer, Field, Given, Http, Lookalike, Outcome, Provider, limited, misconfigured, ok, rejected

PARTS = {"default": "", "eu": ".eu", "fedramp": ".fedramp"}


def check(http: Http, given: Given) -> Outcome:
    host = f"{given['account_id']}{PARTS[given['jurisdiction']]}.r2.cloudflarestorage.com"
    answer = http.get(
        f"https://{host}/{given['bucket']}",
        params={"list-type": "2", "max-keys": "1"},
        headers={"accept": "application/xml"},
        aws=(given["access_key_id"], given["secret_access_key"], None, "s3", "auto"),
        chosen_by="account_id",
        path_setting="bucket",
    )
    return ok(given["account_id"], given["account_id"]) if answer.status == 200 and answer.says("<ListBucketResult") else refusal(answer)


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.tag("Code"):
        case 401 | 403, "Unauthorized" | "SignatureDoesNotMatch" | "InvalidAccessKeyId":
            return rejected("access key id or secret access key is wrong")
        case 403, "AccessDenied":
            return limited("the key is real, but not for this bucket")
        case 404, "NoSuchBucket":
            return misconfigured("bucket is not known to this account")
        case _:
            return answer.otherwise()


provider = Provider(
    name="cloudflare_r2",
    title="Cloudflare R2",
    category="storage",
    description="files in buckets",
    keys_url="https://dash.cloudflare.com/",
    keys_help="R2 > Manage API tokens",
    hosts=(r"^[0-9a-f]{32}(\.(eu|fedramp))?\.r2\.cloudflarestorage\.com$",),
    cost="one class A operation",
    aliases=("r2",),
    related_env=("R2_PUBLIC_URL",),
    credentials=(
        Field("access_key_id", "Access key id", pattern="[0-9a-f]{32}", env=("R2_ACCESS_KEY_ID",)),
        Field(
            "secret_access_key",
            "Secret access key",
            pattern="[0-9a-f]{64}",
            env=("R2_SECRET_ACCESS_KEY",),
            lookalikes=(Lookalike("^cf[ua]t_", "a Cloudflare API token, not an R2 secret"),),
        ),
    ),
    settings=(
        Field(
            "account_id",
            "Account id",
            pattern="[0-9a-f]{32}",
            strict=True,
            destination=True,
            env=("R2_ACCOUNT_ID", "CLOUDFLARE_ACCOUNT_ID"),
            help="32 digits and letters from a to f",
        ),
        Field(
            "bucket",
            pattern="[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            strict=True,
            env=("R2_BUCKET", "R2_BUCKET_NAME"),
            help="small letters, digits and dashes",
        ),
        Field("jurisdiction", required=False, default="default", choices=tuple(PARTS), destination=True),
    ),
    check=check,
)
