"""Mailgun: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/domains"""

from integrations_cli.provider import Answer, Field, Given, Http, Outcome, Provider, misconfigured, ok, rejected

HOSTS = {"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"}


def domains(http: Http, given: Given, region: str, *, optional: bool = False) -> Answer:
    basic = ("api", given["api_key"])
    return http.get(f"https://{HOSTS[region]}/v3/domains", params={"limit": "1"}, basic=basic, optional=optional, chosen_by="region")


def listed(answer: Answer) -> bool:
    return answer.status == 200 and isinstance(answer.at("items"), list)


def check(http: Http, given: Given) -> Outcome:
    region = given["region"]
    answer = domains(http, given, region)
    if listed(answer):
        return with_domain(http, given)
    if answer.status == 401:
        other = next(name for name in HOSTS if name != region)
        if listed(domains(http, given, other, optional=True)):
            return misconfigured(f"the key belongs to the region {other}")
        return rejected("the key is wrong, or it is a sending key, which works for one domain only")
    return answer.otherwise()


def with_domain(http: Http, given: Given) -> Outcome:
    if not given["domain"]:
        return ok()
    url = f"https://{HOSTS[given['region']]}/v3/domains/{given['domain']}"
    found = http.get(url, basic=("api", given["api_key"]), optional=True)
    if found.status == 404:
        return misconfigured("domain is not known to this account")
    return ok().noting(None if found.status == 200 else "domain could not be checked")


provider = Provider(
    name="mailgun",
    title="Mailgun",
    category="email_marketing",
    description="transactional mail",
    keys_url="https://app.mailgun.com/settings/api_security",
    hosts=tuple(HOSTS.values()),
    related_env=("MAILGUN_API_BASE", "MAILGUN_URL"),
    unproven=("webhook_signing_key",),
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
            help="a name like mg.example.com",
        ),
        Field("region", required=False, default="us", choices=("us", "eu"), destination=True),
    ),
    check=check,
)
