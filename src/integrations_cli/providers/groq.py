"""Groq: https://console.groq.com/docs/api-reference#models-list"""

from integrations_cli.provider import MAX_TOKENS, Field, Given, Http, Outcome, Provider, ok


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.groq.com/openai/v1/models", bearer=given["api_key"])
    models = answer.at("data")
    if answer.status != 200 or not isinstance(models, list):
        return answer.otherwise()
    known = {model.get("id") for model in models if isinstance(model, dict)}
    return ok().noting(None if given["default_model"] in known else "default_model is not among the models of this account")


provider = Provider(
    name="groq",
    title="Groq",
    category="ai",
    description="fast inference of open models",
    keys_url="https://console.groq.com/keys",
    hosts=("api.groq.com",),
    related_env=("GROQ_BASE_URL",),
    credentials=(Field("api_key", "API key", pattern=r"gsk_[A-Za-z0-9]{52}", env=("GROQ_API_KEY",)),),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="openai/gpt-oss-120b",
            open=True,
            choices=("openai/gpt-oss-120b", "openai/gpt-oss-20b", "llama-3.3-70b-versatile", "llama-3.1-8b-instant", "qwen/qwen3-32b"),
        ),
        MAX_TOKENS,
    ),
    check=check,
)
