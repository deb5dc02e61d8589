"""SendGrid: https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions/retrieve-a-list-of-scopes-for-which-this-user-has-access"""

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, limited, misconfigured, ok, rejected

HOSTS = {"global": "api.sendgrid.com", "eu": "api.eu.sendgrid.com"}


def check(http: Http, given: Given) -> Outcome:
    region = given["region"]
    answer = http.get(f"https://{HOSTS[region]}/v3/scopes", bearer=given["api_key"], chosen_by="region")
    scopes = answer.at("scopes")
    if answer.status == 200 and isinstance(scopes, list):
        return ok().noting(None if "mail.send" in scopes else "the scope mail.send is missing")
    if answer.status == 401:
        other = next(name for name in HOSTS if name != region)
        there = http.get(f"https://{HOSTS[other]}/v3/scopes", bearer=given["api_key"], optional=True)
        known = there.status == 200 and isinstance(there.at("scopes"), list)
        return misconfigured(f"the key belongs to the region {other}") if known else rejected("the key is unknown, revoked or expired")
    if answer.status == 403 and answer.says("access forbidden"):
        return limited("the key is real, but a scope is missing")
    return answer.otherwise()


provider = Provider(
    name="sendgrid",
    title="SendGrid",
    category="email_marketing",
    description="transactional mail and campaigns",
    keys_url="https://app.sendgrid.com/settings/api_keys",
    hosts=tuple(HOSTS.values()),
    credentials=(Field("api_key", "API key", pattern=r"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}", env=("SENDGRID_API_KEY",)),),
    settings=(
        Field("default_sender", "Default sender", required=False, kind="email", env=("SENDGRID_FROM_EMAIL", "SENDGRID_SENDER")),
        Field("region", "Region", required=False, default="global", choices=("global", "eu"), destination=True),
    ),
    check=check,
)
