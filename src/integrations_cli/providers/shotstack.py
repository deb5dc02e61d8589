"""Shotstack: https://shotstack.io/docs/api/#list-templates"""

from integrations_cli.provider import Answer, Field, Given, Http, Outcome, Provider, misconfigured, ok, rejected, unreachable

STAGES = {"sandbox": "stage", "production": "v1"}


def templates(http: Http, given: Given, environment: str, *, optional: bool = False) -> Answer:
    url = f"https://api.shotstack.io/edit/{STAGES[environment]}/templates"
    return http.get(url, headers={"x-api-key": given["api_key"]}, optional=optional, path_setting="environment")


def check(http: Http, given: Given) -> Outcome:
    answer = templates(http, given, given["environment"])
    if answer.status == 200 and answer.at("success") is True:
        return ok(None, answer.at("response.owner"))
    if answer.status == 401 or (answer.status == 403 and answer.at("message") == "Forbidden"):
        other = next(name for name in STAGES if name != given["environment"])
        there = templates(http, given, other, optional=True)
        if there.status == 200 and there.at("success") is True:
            return misconfigured(f"this is a key of the {other} environment")
        if answer.status == 403 and there.status not in {401, 403}:
            return unreachable(f"refused here, and the {other} environment has not answered: no verdict (403)")
        return rejected("the key is unknown in both environments")
    return answer.otherwise()


provider = Provider(
    name="shotstack",
    title="Shotstack",
    category="video",
    description="video rendering",
    keys_url="https://dashboard.shotstack.io/",
    hosts=("api.shotstack.io",),
    credentials=(Field("api_key", "API key", pattern="[A-Za-z0-9]{40}", env=("SHOTSTACK_API_KEY", "SHOTSTACK_KEY")),),
    settings=(
        Field(
            "environment",
            required=False,
            default="sandbox",
            choices=("sandbox", "production"),
            aliases={"stage": "sandbox", "v1": "production"},
            env=("SHOTSTACK_ENVIRONMENT", "SHOTSTACK_ENV", "SHOTSTACK_STAGE"),
        ),
        Field("default_quality", "Default quality", required=False, default="hd", choices=("sd", "hd", "4k")),
    ),
    check=check,
)
