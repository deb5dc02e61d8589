"""Mistral AI: https://docs.mistral.ai/api/endpoint/models"""

from integrations_cli.provider import MAX_TOKENS, Field, Given, Http, Outcome, Provider, ok


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.mistral.ai/v1/models", bearer=given["api_key"])
    models = answer.json if isinstance(answer.json, list) else answer.at("data")
    if answer.status != 200 or not (isinstance(models, list) or answer.long_json):
        return answer.otherwise()
    known = {model.get("id") for model in models if isinstance(model, dict)} if models else {given["default_model"]}
    return ok().noting(None if given["default_model"] in known else "default_model is not among the models of this account")


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
        MAX_TOKENS,
    ),
    check=check,
)
