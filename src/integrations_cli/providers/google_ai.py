"""Google AI (Gemini API): https://ai.google.dev/api/models#method:-models.list"""

from integrations_cli.provider import Answer, Field, Given, Http, Lookalike, Outcome, Provider, limited, ok, rejected, segment

BASE = "https://generativelanguage.googleapis.com/v1beta/models"


def check(http: Http, given: Given) -> Outcome:
    headers = {"x-goog-api-key": given["api_key"]}  # a header, not ?key=, which lands in logs
    answer = http.get(BASE, params={"pageSize": "1"}, headers=headers)
    if answer.status != 200 or not isinstance(answer.at("models"), list):
        return refusal(answer)
    model = http.get(f"{BASE}/{segment(given['default_model'])}", headers=headers, optional=True)
    return ok().noting("default_model is not known to this account" if model.status == 404 else None)


def refusal(answer: Answer) -> Outcome:
    reasons = [one.get("reason") for one in answer.all("error.details")]
    match answer.status:
        case 400 if "API_KEY_INVALID" in reasons:
            return rejected("the key is wrong or expired; keys that begin with AIza are no longer taken here")
        case 400 if isinstance(answer.at("error"), dict):
            return limited("the key was accepted, but its use is blocked")
        case 401 if "ACCESS_TOKEN_TYPE_UNSUPPORTED" in reasons:
            return limited("this kind of key is not accepted here")
        case 403 if answer.says("reported as leaked"):
            return rejected("Google has blocked the key as leaked")
        case 403 if isinstance(answer.at("error"), dict):
            return limited("the key is real, but the API is not enabled for it")
        case _:
            return answer.otherwise()


provider = Provider(
    name="google_ai",
    title="Google AI",
    category="ai",
    description="Gemini models",
    keys_url="https://aistudio.google.com/apikey",
    hosts=("generativelanguage.googleapis.com",),
    aliases=("gemini",),
    related_env=("GOOGLE_GEMINI_BASE_URL",),
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern=r"AIza[A-Za-z0-9_-]{35}|AQ\.[A-Za-z0-9_.-]{20,}",
            env=("GEMINI_API_KEY",),
            env_if_asked=("GOOGLE_API_KEY",),
            lookalikes=(Lookalike(r"^ya29\.", "an OAuth access token, not an API key"),),
        ),
    ),
    settings=(
        Field(
            "default_model",
            "Default model",
            required=False,
            default="gemini-3.6-flash",
            open=True,
            choices=(
                "gemini-3.6-flash",
                "gemini-3.5-flash",
                "gemini-3.5-flash-lite",
                "gemini-3.1-pro-preview",
                "gemini-2.5-pro",
                "gemini-2.5-flash",
            ),
        ),
    ),
    check=check,
)
