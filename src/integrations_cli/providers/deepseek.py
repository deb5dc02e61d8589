"""DeepSeek: https://api-docs.deepseek.com/api/get-user-balance"""

from integrations_cli.provider import MAX_TOKENS, Field, Given, Http, Lookalike, Outcome, Provider, limited, ok


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.deepseek.com/user/balance", bearer=given["api_key"])
    if answer.status == 200 and answer.at("is_available") is True:
        return ok()
    if answer.status == 200 and answer.at("is_available") is False:
        return limited("the key is real, but there is no balance")
    return answer.otherwise()


provider = Provider(
    name="deepseek",
    title="DeepSeek",
    category="ai",
    description="language models for chat and reasoning",
    keys_url="https://platform.deepseek.com/api_keys",
    hosts=("api.deepseek.com",),
    related_env=("DEEPSEEK_BASE_URL",),
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern="sk-[a-z0-9]{32}",
            env=("DEEPSEEK_API_KEY",),
            lookalikes=(Lookalike("^sk-(ant|or|proj|svcacct|admin)-", "the key of another provider"),),
        ),
    ),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="deepseek-chat",
            open=True,
            choices=("deepseek-chat", "deepseek-reasoner", "deepseek-v4-pro", "deepseek-v4-flash"),
        ),
        MAX_TOKENS,
    ),
    check=check,
)
