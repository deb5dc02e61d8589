"""PostHog: https://posthog.com/docs/api"""

from integrations_cli.provider import Field, Given, Http, Lookalike, Outcome, Provider, limited, ok, rejected

EVENTS = {"us.posthog.com": "us.i.posthog.com", "eu.posthog.com": "eu.i.posthog.com"}
CLOUD = {event: host for host, event in EVENTS.items()}


def host_of(given: Given) -> str:
    return str(given["host"]).removeprefix("https://").rstrip("/")


def check(http: Http, given: Given) -> Outcome:
    """The personal key is proven by the person it belongs to; the project token by its flags, which records no event."""
    return person(http, given) if given["personal_api_key"] else flags(http, given)


def person(http: Http, given: Given) -> Outcome:
    host = CLOUD.get(host_of(given), host_of(given))
    answer = http.get(f"https://{host}/api/users/@me/", bearer=given["personal_api_key"], chosen_by="host", path_setting="host")
    if answer.status == 401:
        return rejected("the personal key is unknown, or of the other region")
    if answer.status == 403 and answer.at("code") == "permission_denied":
        return limited("the key is real, but the scope user:read is missing")
    if answer.status == 200 and (isinstance(answer.at("email"), str) or answer.long_json):
        return ok(answer.at("organization.name"), answer.at("organization.id"), "not proven by this check: project_api_key")
    return answer.otherwise()


def flags(http: Http, given: Given) -> Outcome:
    host = EVENTS.get(host_of(given), host_of(given))
    body = {"api_key": given["project_api_key"], "distinct_id": "connection-test"}
    answer = http.post(f"https://{host}/flags/", params={"v": "2"}, json=body, chosen_by="host", path_setting="host")
    if answer.status == 401:
        return rejected("the project token is unknown, or of the other region")
    return ok() if answer.status == 200 and isinstance(answer.json, dict) else answer.otherwise()


provider = Provider(
    name="posthog",
    title="PostHog",
    category="analytics",
    description="events, recordings and feature flags",
    keys_url="https://us.posthog.com/settings/user-api-keys",
    keys_help="the project token is at /settings/project",
    hosts=("us.posthog.com", "eu.posthog.com", "us.i.posthog.com", "eu.i.posthog.com", "app.posthog.com"),
    credentials=(
        Field(
            "personal_api_key",
            "Personal API key",
            required=False,
            pattern="phx_[A-Za-z0-9_]{40,50}",
            env=("POSTHOG_PERSONAL_API_KEY",),
            lookalikes=(Lookalike("^phc_", "this is the public project token", belongs="project_api_key"),),
        ),
        Field(
            "project_api_key",
            "Project token",
            pattern="phc_[A-Za-z0-9_]{40,50}",
            env=("POSTHOG_API_KEY", "POSTHOG_PROJECT_API_KEY", "NEXT_PUBLIC_POSTHOG_KEY"),
            lookalikes=(
                Lookalike("^phx_", "this is a personal key: it is secret, put it into personal_api_key", True, belongs="personal_api_key"),
            ),
        ),
    ),
    settings=(
        Field(
            "host",
            required=False,
            default="https://us.posthog.com",
            kind="url",
            pattern="https://[a-z0-9.-]+/?",
            strict=True,
            destination=True,
            env=("POSTHOG_HOST",),
            help="an address like https://eu.posthog.com",
        ),
        Field("project_id", "Project id", required=False, pattern="[0-9]{1,12}", strict=True, help="digits only"),
    ),
    check=check,
)
