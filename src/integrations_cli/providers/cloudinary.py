"""Cloudinary: https://cloudinary.com/documentation/admin_api#ping"""

from integrations_cli.provider import Answer, Field, Given, Http, Outcome, Provider, limited, misconfigured, ok, rate_limited, rejected

HOSTS = {"us": "api.cloudinary.com", "eu": "api-eu.cloudinary.com", "ap": "api-ap.cloudinary.com"}


def check(http: Http, given: Given) -> Outcome:
    url = f"https://{HOSTS[given['region']]}/v1_1/{given['cloud_name'].reveal()}/ping"
    answer = http.get(url, basic=(given["api_key"], given["api_secret"]), chosen_by="region", path_setting="cloud_name")
    if answer.status == 200 and answer.at("status") == "ok":
        return ok()
    return refusal(answer)


def refusal(answer: Answer) -> Outcome:
    match answer.status:
        case 401:
            return rejected("key or secret is wrong, or cloud_name is another one's")
        case 403 if answer.says("not allowed"):
            return limited("the key is real, but its role does not allow this")
        case 404:
            return misconfigured("cloud_name is unknown")
        case 420:  # this vendor's own word
            return rate_limited(retry_after=answer.retry_after)
        case _:
            return answer.otherwise()


provider = Provider(
    name="cloudinary",
    title="Cloudinary",
    category="storage",
    description="images and videos, stored and transformed",
    keys_url="https://console.cloudinary.com/app/settings/api-keys",
    hosts=tuple(HOSTS.values()),
    cost="one Admin API call",
    related_env=("CLOUDINARY_URL",),
    credentials=(
        Field(
            "cloud_name",
            "Cloud name",
            pattern="[a-zA-Z0-9][A-Za-z0-9_-]{1,49}",
            strict=True,
            env=("CLOUDINARY_CLOUD_NAME",),
            help="letters, digits, - and _",
        ),
        Field("api_key", "API key", pattern="[0-9]{12,16}", env=("CLOUDINARY_API_KEY",)),
        Field("api_secret", "API secret", pattern="[A-Za-z0-9_-]{27}", env=("CLOUDINARY_API_SECRET",)),
    ),
    settings=(
        Field("upload_preset", "Upload preset", required=False),
        Field("folder", required=False),
        Field("region", required=False, default="us", choices=("us", "eu", "ap"), destination=True),
    ),
    check=check,
)
