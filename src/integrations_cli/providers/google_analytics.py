"""Google Analytics 4: https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1beta/properties/getMetadata"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.provider import (
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

TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
READ = "https://www.googleapis.com/auth/analytics.readonly"
DATA = "https://analyticsdata.googleapis.com/v1beta/properties"
NAMES = "https://analyticsadmin.googleapis.com/v1beta/accountSummaries"
SECRET = "events are accepted with any api_secret: no test exists for it"  # noqa: S105  a sentence


def account_key(text: str) -> Mapping[str, Any] | None:
    """The parts of a service-account key, or None if it is not one that goes to Google's own token address."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    wanted = {"type": "service_account", "token_uri": TOKEN}
    if not isinstance(found, dict) or any(found.get(name, value) != value for name, value in wanted.items()) or "type" not in found:
        return None
    return found if all(isinstance(found.get(name), str) for name in ("client_email", "private_key")) else None


def one_way_in(values: Mapping[str, Any]) -> Sequence[str]:
    key = values.get("service_account_json")
    if key and account_key(key) is None:
        return [f"service_account_json is not the JSON of a service account, or its token_uri is not {TOKEN}"]
    named = any(values.get(name) for name in ("api_secret", "service_account_json", "measurement_id"))
    return [] if named or not values else ["needed: api_secret, service_account_json or measurement_id"]


def check(http: Http, given: Given) -> Outcome:
    if not given["service_account_json"]:
        return untestable(f"{SECRET}; nothing was sent")
    key = account_key(given["service_account_json"].reveal())
    if key is None:
        return untestable("service_account_json is not the JSON of a service account of Google; nothing was sent")
    claims = {"iss": key["client_email"], "scope": READ, "aud": TOKEN}
    answer = http.post(TOKEN, form={"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, jwt=(key["private_key"], claims))
    token = answer.at("access_token")
    if answer.status == 200 and isinstance(token, str):
        return reports(http, given, token, ok(key["client_email"], key["client_email"]))
    if answer.status == 400 and answer.at("error") == "invalid_grant":
        return rejected("the key was deleted or the account is gone; a wrong clock gives the same answer")
    return answer.otherwise()


def reports(http: Http, given: Given, token: str, found: Outcome) -> Outcome:
    """The service account is proven by now: the property can only show a missing permission or a wrong setting."""
    if not given["property_id"]:
        return found
    answer = http.get(f"{DATA}/{given['property_id']}/metadata", params={"fields": "name"}, bearer=token, optional=True)
    if answer.status == 200 and isinstance(answer.json, dict):
        return named(http, token, found)
    if answer.status == 401 or (answer.status == 403 and answer.is_vendors_error):
        off = any(one.get("reason") == "SERVICE_DISABLED" for one in answer.all("error.details"))
        why = "the Data API is not enabled in its project" if off else "the service account may not read this property"
        return limited(why, found.account)
    if answer.status in {400, 404}:
        return misconfigured("property_id is not known")
    return answer.otherwise() if answer.status == 429 else found.noting("property_id could not be checked")


def named(http: Http, token: str, found: Outcome) -> Outcome:
    answer = http.get(NAMES, bearer=token, optional=True)
    title = answer.at("accountSummaries.0.displayName") if answer.status == 200 else None
    return found.noting(f"account {title}" if isinstance(title, str) else None)


provider = Provider(
    name="google_analytics",
    title="Google Analytics",
    category="analytics",
    description="visits, events and reports",
    keys_url="https://analytics.google.com/",
    keys_help="Admin > Data streams > stream > Measurement Protocol API secrets; a service account needs Viewer in Property access",
    hosts=("oauth2.googleapis.com", "analyticsdata.googleapis.com", "analyticsadmin.googleapis.com"),
    cost="free; a service account gets one more access token for an hour",
    aliases=("google_analytics_4", "google_analytics_ua"),
    unproven=("api_secret",),
    refuses=one_way_in,
    credentials=(
        Field(
            "api_secret",
            "Measurement Protocol API secret",
            required=False,
            pattern="[A-Za-z0-9_-]{16,}",
            env=("GA4_API_SECRET", "GA_API_SECRET", "GOOGLE_ANALYTICS_API_SECRET"),
        ),
        Field(
            "service_account_json",
            "Service account key (JSON)",
            required=False,
            multiline=True,
            hint=False,
            env_if_asked=("GOOGLE_APPLICATION_CREDENTIALS",),
            env_file=("GOOGLE_APPLICATION_CREDENTIALS",),
            stand_in='{"type": "service_account", "client_email": "…", "private_key": "<private key>"}',
        ),
    ),
    settings=(
        Field(
            "measurement_id",
            "Measurement id",
            required=False,
            pattern="G-[A-Z0-9]{4,}",
            env=("GA4_MEASUREMENT_ID", "GA_MEASUREMENT_ID", "GOOGLE_ANALYTICS_MEASUREMENT_ID"),
            lookalikes=(
                Lookalike("^UA-", "Universal Analytics: ended in 2023", left="retired_product"),
                Lookalike("^GTM-", "a Tag Manager container id", left="no_such_provider"),
            ),
        ),
        Field(
            "property_id",
            "Property id",
            required=False,
            pattern="[0-9]{1,15}",
            strict=True,
            env=("GA4_PROPERTY_ID", "GA_PROPERTY_ID"),
            help="digits only",
        ),
    ),
    check=check,
)
