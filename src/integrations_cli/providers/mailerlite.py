"""MailerLite: https://developers.mailerlite.com/docs/subscribers.html"""

from integrations_cli.provider import Field, Given, Http, Lookalike, Outcome, Provider, misconfigured, ok

BASE = "https://connect.mailerlite.com/api"


def check(http: Http, given: Given) -> Outcome:
    answer = http.get(f"{BASE}/subscribers", params={"limit": "0"}, bearer=given["api_key"])
    if answer.status != 200 or not isinstance(answer.at("total"), int):
        return answer.otherwise()
    account = http.get(f"{BASE}/account", bearer=given["api_key"], optional=True)
    good = ok(account.at("data.name") if account.status == 200 else None)
    if not given["group_id"]:
        return good
    group = http.get(f"{BASE}/groups/{given['group_id']}", bearer=given["api_key"], optional=True)
    if group.status == 404:
        return misconfigured("group_id is not known to this account")
    return good.noting(None if group.status == 200 else "group_id could not be checked")


provider = Provider(
    name="mailerlite",
    title="MailerLite",
    category="email_marketing",
    description="newsletters and automation",
    keys_url="https://dashboard.mailerlite.com/integrations/api",
    keys_help="Integrations > MailerLite API > Generate new token",
    hosts=("connect.mailerlite.com",),
    related_env=("MAILERLITE_API_BASE_URL",),
    credentials=(
        Field(
            "api_key",
            "API token",
            pattern=r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|[A-Za-z0-9]{33,}",
            env=("MAILERLITE_API_KEY", "MAILERLITE_API_TOKEN"),
            lookalikes=(Lookalike("^[A-Za-z0-9]{32}$", "the shape of a MailerLite Classic key, which works only at the old address"),),
        ),
    ),
    settings=(
        Field("group_id", "Group id", required=False, pattern="[0-9]{1,20}", strict=True, env=("MAILERLITE_GROUP_ID",), help="digits only"),
    ),
    check=check,
)
