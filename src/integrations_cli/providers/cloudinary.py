"""Cloudinary: https://cloudinary.com/documentation/admin_api#ping"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, misconfigured, ok, rate_limited, rejected

HOSTS = {"us": "api.cloudinary.com", "eu": "api-eu.cloudinary.com", "ap": "api-ap.cloudinary.com"}


def of_url(text: str) -> Mapping[str, str]:
    """`cloudinary://<api_key>:<api_secret>@<cloud_name>[?options]`; each part may be percent-encoded."""
    found = re.fullmatch(r"cloudinary://([^:/@]+):([^:/@]+)@([^:/@?]+)(/[^?]*)?([?].*)?", text)
    return {name: unquote(found[at]) for at, name in enumerate(("api_key", "api_secret", "cloud_name"), 1)} if found else {}


def check(http: Http, given: Given) -> Outcome:
    cloud = given["cloud_name"].reveal()
    basic = (given["api_key"], given["api_secret"])
    answer = http.get(f"https://{HOSTS[given['region']]}/v1_1/{cloud}/ping", basic=basic, chosen_by="region", path_setting="cloud_name")
    match answer.status:
        case 200 if answer.at("status") == "ok":
            return ok()  # the cloud name would tell whose it is, and is a credential
        case 401:
            return rejected("key, secret or cloud name is wrong")
        case 404:
            return misconfigured("cloud_name is not known to Cloudinary")
        case 420:  # this vendor's own word for too many requests
            return rate_limited(retry_after=answer.retry_after)
        case _:
            return answer.otherwise()


provider = Provider(
    name="cloudinary",
    title="Cloudinary",
    category="storage",
    description="images and video",
    keys_url="https://console.cloudinary.com/app/settings/api-keys",
    hosts=tuple(HOSTS.values()),
    cost="one of the hourly Admin API calls",
    env_splits={"CLOUDINARY_URL": of_url},
    credentials=(
        Field(
            "cloud_name",
            "Cloud name",
            pattern="[a-zA-Z0-9][A-Za-z0-9_-]{1,49}",
            strict=True,
            env=("CLOUDINARY_CLOUD_NAME",),
            help="letters, digits, dashes",
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
