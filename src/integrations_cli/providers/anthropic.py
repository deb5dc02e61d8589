"""Anthropic: https://platform.claude.com/docs/en/api/models-list"""

from integrations_cli.provider import MAX_TOKENS, Answer, Field, Given, Http, Lookalike, Outcome, Provider, limited, ok, rejected, segment

BASE = "https://api.anthropic.com/v1/models"


def check(http: Http, given: Given) -> Outcome:
    headers = {"x-api-key": given["api_key"], "anthropic-version": "2023-06-01"}
    answer = http.get(BASE, params={"limit": "1"}, headers=headers)
    if answer.status != 200 or not isinstance(answer.at("data"), list):
        return refusal(answer)
    model = http.get(f"{BASE}/{segment(given['default_model'])}", headers=headers, optional=True)
    return ok().noting("default_model is not known to this account" if model.status == 404 else None)


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.at("error.type"):
        case 403, "permission_error":
            return limited("the key is real, but its workspace does not allow this")
        case 402, _:
            return limited("the key is real, but billing is in the way")
        case 404, _ if answer.is_vendors_error:
            return rejected("the key is disabled or not found")
        case _:
            return answer.otherwise()


provider = Provider(
    name="anthropic",
    title="Anthropic",
    category="ai",
    description="AI-powered content generation using Claude models",
    keys_url="https://platform.claude.com/settings/keys",
    hosts=("api.anthropic.com",),
    related_env=("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_WEBHOOK_SIGNING_KEY", "ANTHROPIC_CUSTOM_HEADERS"),
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern=r"sk-ant-api[0-9]{2}-[A-Za-z0-9_-]{80,}AA",
            env=("ANTHROPIC_API_KEY",),
            lookalikes=(
                Lookalike("^sk-ant-admin", "an Admin key: it manages the organisation and cannot list models"),
                Lookalike("^sk-ant-oat", "an OAuth token: it is sent as Bearer, not in x-api-key"),
                Lookalike("^sk-or-v1-", "this is an OpenRouter key"),
            ),
        ),
    ),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="claude-sonnet-5",
            open=True,
            choices=(
                "claude-sonnet-5",
                "claude-opus-5",
                "claude-haiku-4-5",
                "claude-fable-5",
                "claude-opus-4-8",
                "claude-sonnet-4-6",
                "claude-sonnet-4-5",
            ),
            retired=("claude-sonnet-4-20250514", "claude-opus-4-20250514", "claude-3-5-haiku-20241022"),
        ),
        MAX_TOKENS,
    ),
    check=check,
)
