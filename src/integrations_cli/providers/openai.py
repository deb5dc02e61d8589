"""OpenAI: https://platform.openai.com/docs/api-reference/models/list"""

from integrations_cli.provider import (
    MAX_TOKENS,
    Answer,
    Field,
    Given,
    Http,
    Lookalike,
    Outcome,
    Provider,
    limited,
    misconfigured,
    ok,
    rate_limited,
    rejected,
)


def check(http: Http, given: Given) -> Outcome:
    headers = {"OpenAI-Organization": given["organization_id"]} if given["organization_id"] else {}
    answer = http.get("https://api.openai.com/v1/models", bearer=given["api_key"], headers=headers)
    organization = answer.headers.get("openai-organization")
    if answer.status == 200 and isinstance(answer.at("data"), list):
        known = {model.get("id") for model in answer.at("data") if isinstance(model, dict)}
        model = given["default_model"]
        return ok(organization, organization, None if model in known else "default_model is not among the models of this account")
    if answer.status == 200 and answer.long_json:
        return ok(organization, organization)
    return refusal(answer)


def refusal(answer: Answer) -> Outcome:
    code = answer.at("error.code")
    match answer.status:
        case 401 | 403 if answer.says("missing scopes", "insufficient permissions"):
            return limited("a restricted key that may not list models")
        case 401 if code in {"mismatched_organization", "invalid_organization"} or answer.says("organization"):
            return misconfigured("organization_id is not the one of this key")
        case 401:
            return rejected()
        case 403 if code == "unsupported_country_region_territory":
            return limited("the key is real, but this country is not served")
        case 429 if code == "insufficient_quota":
            return limited("the key is real, but there is no credit left")
        case 429:
            return rate_limited(retry_after=answer.retry_after)
        case _:
            return answer.otherwise()


provider = Provider(
    name="openai",
    title="OpenAI",
    category="ai",
    description="text, image and speech models",
    keys_url="https://platform.openai.com/api-keys",
    hosts=("api.openai.com",),
    related_env=("OPENAI_BASE_URL", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_WEBHOOK_SECRET"),
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern=r"sk-(?!ant-|or-)[A-Za-z0-9_-]{20,}",
            env=("OPENAI_API_KEY",),
            lookalikes=(
                Lookalike("^sk-admin-", "an organisation Admin key: it cannot list models"),
                Lookalike("^sk-ant-", "this is an Anthropic key"),
                Lookalike("^sk-or-v1-", "this is an OpenRouter key"),
                Lookalike("^sk-[a-z0-9]{32}$", "the shape of a DeepSeek key, or of a very old OpenAI key"),
            ),
        ),
    ),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="gpt-5.4-mini",
            open=True,
            choices=("gpt-5.4-mini", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-5.5", "gpt-5.4", "gpt-5.4-nano", "gpt-4.1"),
            retired=("gpt-4o", "gpt-4o-mini", "gpt-4-turbo", "gpt-3.5-turbo"),
        ),
        MAX_TOKENS,
        Field(
            "organization_id", "Organisation id", required=False, pattern="org-[A-Za-z0-9]+", env=("OPENAI_ORG_ID", "OPENAI_ORGANIZATION")
        ),
    ),
    check=check,
)
