"""Cohere: https://docs.cohere.com/reference/checkapikey"""

from integrations_cli.provider import MAX_TOKENS, Field, Given, Http, Outcome, Provider, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    answer = http.post("https://api.cohere.com/v1/check-api-key", bearer=given["api_key"])
    if answer.status == 200 and answer.at("valid") is True:
        return ok(None, answer.at("organization_id"))
    if (answer.status == 200 and answer.at("valid") is False) or answer.status == 498:
        return rejected("the key is wrong or blocked")
    return answer.otherwise()


provider = Provider(
    name="cohere",
    title="Cohere",
    category="ai",
    description="language models for business",
    keys_url="https://dashboard.cohere.com/api-keys",
    hosts=("api.cohere.com",),
    related_env=("CO_API_URL",),
    credentials=(Field("api_key", "API key", pattern="[A-Za-z0-9]{40}", env=("CO_API_KEY", "COHERE_API_KEY")),),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="command-a-03-2025",
            open=True,
            choices=("command-a-03-2025", "command-a-plus-05-2026", "command-a-reasoning-08-2025", "command-r7b-12-2024"),
        ),
        MAX_TOKENS,
    ),
    check=check,
)
