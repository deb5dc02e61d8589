"""Mailgun: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/domains"""

from integrations_cli.provider import Answer, Field, Given, Http, Outcome, Provider, misconfigured, ok, rejected

HOSTS = {"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"}


def domains(http: Http, given: Given, region: str, *, optional: bool = False) -> Answer:
    url = f"https://{HOSTS[region]}/v3/domains"
    return http.get(url, params={"limit": "1"}, basic=("api", given["api_key"]), optional=optional, chosen_by="region")


def check(http: Http, given: Given) -> Outcome:
    answer = domains(http, given, given["region"])
    if answer.status == 401:
        other = next(name for name in HOSTS if name != given["region"])
        there = domains(http, given, other, optional=True)
        known = there.status == 200 and isinstance(there.at("items"), list)
        return misconfigured(f"the key belongs to the region {other}") if known else rejected("wrong, or a sending key of one domain")
    if answer.status != 200 or not isinstance(answer.at("items"), list):
        return answer.otherwise()
    if not given["domain"]:
        return ok()
    found = http.get(f"https://{HOSTS[given['region']]}/v3/domains/{given['domain']}", basic=("api", given["api_key"]), optional=True)
    return misconfigured("domain is not known to this account") if found.status == 404 else ok()


provider = Provider(
    name="mailgun",
    title="Mailgun",
    category="email_marketing",
    description="transactional mail",
    keys_url="https://app.mailgun.com/settings/api_security",
    hosts=tuple(HOSTS.values()),
    unproven=("webhook_signing_key",),
    related_env=("MAILGUN_API_BASE", "MAILGUN_URL"),
    credentials=(
        Field("api_key", "API key", pattern="key-[a-z0-9]{32}|[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}", env=("MAILGUN_API_KEY",)),
        Field("webhook_signing_key", "Webhook signing key", required=False, pattern="[a-h0-9]{32}(-[a-h0-9]{8}-[a-h0-9]{8})?"),
    ),
    settings=(
        Field(
            "domain",
            required=False,
            pattern=r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+",
            strict=True,
            env=("MAILGUN_DOMAIN",),
            help="a domain such as mg.example.com",
        ),
        Field("region", required=False, default="us", choices=("us", "eu"), destination=True),
    ),
    check=check,
)
