"""OpenRouter: https://openrouter.ai/docs/api-reference/get-current-api-key"""

from integrations_cli.provider import MAX_TOKENS, Field, Given, Http, Lookalike, Outcome, Provider, limited, ok


def check(http: Http, given: Given) -> Outcome:
    """Not by /models: that list answers any key."""
    answer = http.get("https://openrouter.ai/api/v1/key", bearer=given["api_key"])
    if answer.status != 200 or not isinstance(answer.at("data"), dict):
        return answer.otherwise()
    left = answer.at("data.limit_remaining")
    if isinstance(left, int | float) and left <= 0:
        return limited("the key is real, but its limit is used up")
    if answer.at("data.is_management_key") is True:
        return limited("a management key: it makes keys, it cannot chat")
    return ok(None, answer.at("data.creator_user_id"))


provider = Provider(
    name="openrouter",
    title="OpenRouter",
    category="ai",
    description="many vendors' models behind one key",
    keys_url="https://openrouter.ai/keys",
    hosts=("openrouter.ai",),
    aliases=("open_router",),
    related_env=("OPENROUTER_BASE_URL",),
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern="sk-or-v1-[0-9a-f]{64}",
            env=("OPENROUTER_API_KEY", "OPEN_ROUTER_API_KEY"),
            lookalikes=(
                Lookalike("^sk-ant-", "this is an Anthropic key"),
                Lookalike("^sk-(proj|svcacct)-", "this is an OpenAI key"),
            ),
        ),
    ),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="~anthropic/claude-sonnet-latest",
            open=True,
            pattern="~?[a-z0-9._-]+/[A-Za-z0-9._:-]+",
            choices=(
                "~anthropic/claude-sonnet-latest",
                "~anthropic/claude-opus-latest",
                "~anthropic/claude-haiku-latest",
                "~openai/gpt-latest",
                "~google/gemini-pro-latest",
                "~google/gemini-flash-latest",
                "anthropic/claude-sonnet-5",
                "openai/gpt-5.6-sol",
                "deepseek/deepseek-v3.2",
            ),
            retired=("anthropic/claude-3.5-sonnet",),
            env=("OPEN_ROUTER_DEFAULT_MODEL",),
        ),
        MAX_TOKENS,
    ),
    check=check,
)
