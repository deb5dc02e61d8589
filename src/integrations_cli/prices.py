"""What a million tokens cost, in dollars, in and out: the vendors' list prices on one day, for estimates only.

Not in it: discounts for cached or batched prompts, surcharges for very long ones. A model that is not listed has no price here, and
its calls are counted as unpriced. `config.toml` adds or corrects: `[prices]` with `"anthropic/claude-sonnet-5" = [2.0, 10.0]`.
"""

from collections.abc import Mapping
from typing import Any

AS_OF = "2026-11"
SOURCES = {
    "anthropic": "https://platform.claude.com/docs/en/about-claude/pricing",
    "openai": "https://developers.openai.com/api/docs/pricing",
    "google_ai": "https://ai.google.dev/gemini-api/docs/pricing",
}
PRICES: dict[str, tuple[float, float]] = {
    "anthropic/claude-fable-5": (10.0, 50.0),
    "anthropic/claude-opus-5": (5.0, 25.0),
    "anthropic/claude-opus-4-8": (5.0, 25.0),
    "anthropic/claude-sonnet-5": (2.0, 10.0),
    "anthropic/claude-sonnet-4-6": (3.0, 15.0),
    "anthropic/claude-sonnet-4-5": (3.0, 15.0),
    "anthropic/claude-haiku-4-5": (1.0, 5.0),
    "openai/gpt-5.5": (5.0, 30.0),
    "openai/gpt-5.4": (2.5, 15.0),
    "openai/gpt-5.4-mini": (0.75, 4.5),
    "openai/gpt-4.1": (2.0, 8.0),
    "google_ai/gemini-2.5-pro": (1.25, 10.0),
    "google_ai/gemini-2.5-flash": (0.30, 2.50),
}


def cost(provider: str, model: str, tokens_in: int, tokens_out: int, own: Mapping[str, Any] | None = None) -> int | None:
    """The estimate in millionths of a dollar; None when the model has no price. OpenRouter's names hold the vendor's."""
    price = _price(own or {}, provider, model) or _price(PRICES, provider, model)
    return round(tokens_in * price[0] + tokens_out * price[1]) if price else None


def _price(table: Mapping[str, Any], provider: str, model: str) -> tuple[float, float] | None:
    name = model if provider == "openrouter" and "/" in model else f"{provider}/{model}"
    for known in (name, name.replace("google/", "google_ai/"), _undated(name)):
        found = table.get(known)
        if isinstance(found, list | tuple) and len(found) == 2 and all(isinstance(one, int | float) and one >= 0 for one in found):
            return float(found[0]), float(found[1])
    return None


def _undated(name: str) -> str:
    """`claude-haiku-4-5-20251001` and `gpt-5.4-mini-2026-03-17` are sold as `claude-haiku-4-5` and `gpt-5.4-mini`."""
    for size in (9, 11):
        ending = name[-size:]
        if ending[:1] == "-" and ending.replace("-", "").isdigit() and len(ending.replace("-", "")) == 8:
            return name[:-size]
    return name
