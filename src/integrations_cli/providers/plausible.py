"""Plausible: https://plausible.io/docs/stats-api"""

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, limited, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    host = str(given["host"]).removeprefix("https://").rstrip("/")
    question = {"site_id": given["site_id"], "metrics": ["visitors"], "date_range": "day"}
    answer = http.post(f"https://{host}/api/v2/query", json=question, bearer=given["api_key"], chosen_by="host", path_setting="host")
    if answer.status == 200 and isinstance(answer.at("results"), list):
        return ok(given["site_id"], given["site_id"])
    if answer.status == 401:
        return rejected("the key is wrong, or has no access to site_id: the vendor does not tell them apart")
    if answer.status == 402:
        return limited("the plan does not allow it")
    return answer.otherwise()


provider = Provider(
    name="plausible",
    title="Plausible",
    category="analytics",
    description="visits without cookies",
    keys_url="https://plausible.io/settings/api-keys",
    keys_help="choose Stats API",
    hosts=("plausible.io",),
    cost="one of 600 requests an hour",
    credentials=(Field("api_key", "Stats API key", pattern="[A-Za-z0-9_-]{32,128}", env=("PLAUSIBLE_API_KEY",)),),
    settings=(
        Field(
            "site_id",
            "Site id",
            pattern="[a-z0-9.-]+(/[A-Za-z0-9._/-]*)?",
            env=("PLAUSIBLE_SITE_ID", "PLAUSIBLE_DOMAIN"),
            help="the domain as it was registered",
        ),
        Field(
            "host",
            required=False,
            default="https://plausible.io",
            kind="url",
            pattern="https://[a-z0-9.-]+/?",
            strict=True,
            destination=True,
            help="an address like https://plausible.example.com, for a server of your own",
        ),
    ),
    check=check,
)
