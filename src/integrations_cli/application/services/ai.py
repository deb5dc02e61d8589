"""One prompt in, text and token counts out: Anthropic, OpenAI, Google AI, OpenRouter, whichever the website has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from integrations_cli.application.integration import Integration
from integrations_cli.application.services.service import Service
from integrations_cli.errors import NotFound
from integrations_cli.provider import Answer, rejected

MAX_TOKENS = 4096
WHYS = {400: "the request was not accepted", 413: "the prompt is too long", 422: "the request was not accepted"}
Request = tuple[str, dict[str, Any]]
"""URL, and the options of `Http.post`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model has written. `finished` is False when it was cut by the limit of tokens."""

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked."""

    text: str
    system: str | None
    model: str
    max_tokens: int


class AI(Service):
    """The AI of a website: `AI(website).ask("…").text`."""

    category = "ai"

    def __init__(self, website: Any, provider: str | None = None, deadline: float = 120.0) -> None:
        super().__init__(website, provider, deadline)

    @property
    def model(self) -> str:
        """The model that is asked: the setting `default_model`."""
        return str(self.integration.setting("default_model"))

    def ask(self, prompt: str, *, system: str | None = None, max_tokens: int | None = None, model: str | None = None) -> Reply:
        """Ask, and count the use with its tokens.

        Raises NotFound (3: not set up, or a provider that is not one of the four), CheckFailed (20: key or setting refused),
        NotChecked (21: no answer, too many requests, or a request that was not accepted).
        """
        integration = self.integration
        dialect = DIALECTS.get(integration.provider)
        if dialect is None:
            raise NotFound(f"{integration.provider} cannot be asked this way", f"these can: {', '.join(DIALECTS)}")
        write, read = dialect
        wanted = Prompt(prompt, system, model or self.model, max_tokens or _limit(integration))
        with integration.use("ask") as use:
            url, options = write(integration, wanted)
            with self.door() as http:
                answer = http.post(url, **options)
            if answer.status != 200:
                raise self._refused(answer, wanted.model)
            reply = read(answer, wanted.model)
            if reply is None:
                raise self.refused(answer)
            use.tokens(reply.model, reply.tokens_in, reply.tokens_out)
            return reply

    def _refused(self, answer: Answer, model: str) -> Exception:
        if _google_says_invalid(answer):
            return self.failed(rejected())
        return self.refused(answer, f"the model {model} is not known" if answer.status == 404 else WHYS.get(answer.status))


def _limit(integration: Integration) -> int:
    known = {one.name for one in integration.definition.settings}
    return int(integration.setting("max_tokens")) if "max_tokens" in known else MAX_TOKENS


def _google_says_invalid(answer: Answer) -> bool:
    details = answer.at("error.details")
    reasons = [one.get("reason") for one in details if isinstance(one, Mapping)] if isinstance(details, list) else []
    return answer.status == 400 and "API_KEY_INVALID" in reasons


def _number(found: object) -> int:
    return found if isinstance(found, int) and found >= 0 else 0


# ── Anthropic: https://platform.claude.com/docs/en/api/messages ──


def _to_anthropic(integration: Integration, prompt: Prompt) -> Request:
    headers = {"x-api-key": integration.credential("api_key"), "anthropic-version": "2023-06-01"}
    body: dict[str, Any] = {"model": prompt.model, "max_tokens": prompt.max_tokens, "messages": [{"role": "user", "content": prompt.text}]}
    body |= {"system": prompt.system} if prompt.system else {}
    return "https://api.anthropic.com/v1/messages", {"headers": headers, "json": body}


def _from_anthropic(answer: Answer, model: str) -> Reply | None:
    blocks = answer.at("content")
    if not isinstance(blocks, list):
        return None
    text = "".join(str(one.get("text", "")) for one in blocks if isinstance(one, Mapping) and one.get("type") == "text")
    cached = _number(answer.at("usage.cache_read_input_tokens")) + _number(answer.at("usage.cache_creation_input_tokens"))
    spent = _number(answer.at("usage.input_tokens")) + cached, _number(answer.at("usage.output_tokens"))
    return Reply(text, str(answer.at("model") or model), *spent, answer.at("stop_reason") != "max_tokens")


# ── OpenAI: https://platform.openai.com/docs/api-reference/chat · OpenRouter: https://openrouter.ai/docs/api-reference/overview ──


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    return [*([{"role": "system", "content": prompt.system}] if prompt.system else []), {"role": "user", "content": prompt.text}]


def _to_openai(integration: Integration, prompt: Prompt) -> Request:
    organization = integration.setting("organization_id")
    headers = {"openai-organization": organization} if organization else {}
    body = {"model": prompt.model, "messages": _messages(prompt), "max_completion_tokens": prompt.max_tokens}
    options = {"bearer": integration.credential("api_key"), "headers": headers, "json": body}
    return "https://api.openai.com/v1/chat/completions", options


def _to_openrouter(integration: Integration, prompt: Prompt) -> Request:
    body = {"model": prompt.model, "messages": _messages(prompt), "max_tokens": prompt.max_tokens}
    return "https://openrouter.ai/api/v1/chat/completions", {"bearer": integration.credential("api_key"), "json": body}


def _from_openai(answer: Answer, model: str) -> Reply | None:
    text = answer.at("choices.0.message.content")
    if not isinstance(text, str):
        return None
    spent = _number(answer.at("usage.prompt_tokens")), _number(answer.at("usage.completion_tokens"))
    return Reply(text, str(answer.at("model") or model), *spent, answer.at("choices.0.finish_reason") != "length")


# ── Google AI: https://ai.google.dev/api/generate-content ──


def _to_google(integration: Integration, prompt: Prompt) -> Request:
    url = f"https://generativelanguage.googleapis.com/v1beta/models/{quote(prompt.model, safe='')}:generateContent"
    body: dict[str, Any] = {
        "contents": [{"role": "user", "parts": [{"text": prompt.text}]}],
        "generationConfig": {"maxOutputTokens": prompt.max_tokens},
    }
    body |= {"systemInstruction": {"parts": [{"text": prompt.system}]}} if prompt.system else {}
    return url, {"headers": {"x-goog-api-key": integration.credential("api_key")}, "json": body}


def _from_google(answer: Answer, model: str) -> Reply | None:
    parts = answer.at("candidates.0.content.parts")
    reason = answer.at("candidates.0.finishReason")
    if not isinstance(parts, list):
        return None
    text = "".join(str(one.get("text", "")) for one in parts if isinstance(one, Mapping) and not one.get("thought"))
    thought = _number(answer.at("usageMetadata.thoughtsTokenCount"))
    spent = _number(answer.at("usageMetadata.promptTokenCount")), _number(answer.at("usageMetadata.candidatesTokenCount")) + thought
    return Reply(text, str(answer.at("modelVersion") or model), *spent, reason != "MAX_TOKENS")


DIALECTS: Mapping[str, tuple[Callable[[Integration, Prompt], Request], Callable[[Answer, str], Reply | None]]] = {
    "anthropic": (_to_anthropic, _from_anthropic),
    "openai": (_to_openai, _from_openai),
    "openrouter": (_to_openrouter, _from_openai),
    "google_ai": (_to_google, _from_google),
}
