"""Mixpanel: https://docs.mixpanel.com/reference/service-accounts"""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, misconfigured, ok, rejected, untestable

HOSTS = {"us": "mixpanel.com", "eu": "eu.mixpanel.com", "in": "in.mixpanel.com"}
PAIR = ("service_account_username", "service_account_secret")


def one_way_in(values: Mapping[str, Any]) -> Sequence[str]:
    """Only where the credentials are at hand: a change of a setting comes without them."""
    pair = [bool(values.get(name)) for name in PAIR]
    return ["service_account_username and service_account_secret belong together"] if any(pair) and not all(pair) else []


def check(http: Http, given: Given) -> Outcome:
    if not (given[PAIR[0]] and given[PAIR[1]]):
        return untestable(f"only {' with '.join(PAIR)} can be tested: events are accepted with any token; nothing was sent")
    answer = http.get(f"https://{HOSTS[given['region']]}/api/app/me", basic=(given[PAIR[0]], given[PAIR[1]]))
    if answer.status == 401:
        return rejected(f"unknown or expired, or not of the region {given['region']}")
    if answer.status != 200 or not (answer.long_json or isinstance(answer.at("results"), dict)):
        return answer.otherwise()
    projects, firms = answer.at("results.projects"), answer.at("results.organizations")
    if given["project_id"] and isinstance(projects, dict) and given["project_id"] not in projects:
        return misconfigured("project_id is not among the projects of the service account")
    known = sorted(firms) if isinstance(firms, dict) else []
    name = answer.at(f"results.organizations.{known[0]}.name") if len(known) == 1 else None
    return ok(name if isinstance(name, str) else None, ",".join(known) or None)


provider = Provider(
    name="mixpanel",
    title="Mixpanel",
    category="analytics",
    description="events, funnels and retention",
    keys_url="https://mixpanel.com/settings/org#serviceaccounts",
    keys_help="the project token is at https://mixpanel.com/settings/project",
    hosts=tuple(HOSTS.values()),
    related_env=("MIXPANEL_HOST",),
    unproven=("project_token", "api_secret"),
    refuses=one_way_in,
    credentials=(
        Field(
            "service_account_username",
            "Service account user name",
            required=False,
            pattern=r"[A-Za-z0-9._-]+\.mp-service-account",
            env=("MIXPANEL_SERVICE_ACCOUNT_USERNAME",),
        ),
        Field(
            "service_account_secret",
            "Service account secret",
            required=False,
            env=("MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_SECRET"),
        ),
        Field("project_token", "Project token", required=False, pattern="[0-9a-f]{32}", env=("MIXPANEL_TOKEN", "MIXPANEL_PROJECT_TOKEN")),
        Field(
            "api_secret",
            "Project API secret",
            required=False,
            pattern="[0-9a-f]{32}",
            env=("MIXPANEL_API_SECRET",),
            help="the older way; ends on 2027-03-03",
        ),
    ),
    settings=(
        Field(
            "project_id", "Project id", required=False, pattern="[0-9]{1,12}", strict=True, env=("MIXPANEL_PROJECT_ID",), help="digits only"
        ),
        Field("region", required=False, default="us", choices=tuple(HOSTS), destination=True),
    ),
    check=check,
)
