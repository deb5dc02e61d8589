"""Mistral AI: https://docs.mistral.ai/api/endpoint/models"""

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, ok


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.mistral.ai/v1/models", bearer=given["api_key"])
    if answer.status == 200 and (isinstance(answer.json, list) or isinstance(answer.at("data"), list)):
        return ok()
    return answer.otherwise()


provider = Provider(
    name="mistral",
    title="Mistral AI",
    category="ai",
    description="open and commercial language models",
    keys_url="https://console.mistral.ai/api-keys",
    hosts=("api.mistral.ai",),
    credentials=(Field("api_key", "API key", pattern=r"[A-Za-z0-9]{32}", env=("MISTRAL_API_KEY",)),),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="mistral-medium-latest",
            open=True,
            choices=(
                "mistral-medium-latest",
                "mistral-large-latest",
                "mistral-small-latest",
                "ministral-8b-latest",
                "codestral-latest",
                "magistral-medium-latest",
            ),
        ),
        Field("max_tokens", "Max tokens", required=False, default=4096, pattern="[1-9][0-9]{0,6}", strict=True),
    ),
    check=check,
)
