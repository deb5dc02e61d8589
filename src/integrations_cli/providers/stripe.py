"""Stripe: https://docs.stripe.com/api/accounts/retrieve"""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.provider import Answer, Field, Given, Http, Lookalike, Outcome, Provider, limited, ok, rejected


def one_mode(values: Mapping[str, Any]) -> Sequence[str]:
    modes = {str(values[name]).split("_")[1] for name in ("secret_key", "publishable_key") if str(values.get(name, "")).count("_") >= 2}
    return ["secret_key and publishable_key are of different modes (test and live)"] if len(modes) > 1 else []


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.stripe.com/v1/account", bearer=given["secret_key"])
    if answer.status == 200 and answer.at("object") == "account":
        name = answer.at("settings.dashboard.display_name") or answer.at("business_profile.name") or answer.at("id")
        return ok(name, answer.at("id"))
    if answer.status == 403 and isinstance(answer.at("error"), dict):
        balance = http.get("https://api.stripe.com/v1/balance", bearer=given["secret_key"], optional=True)
        proven = balance.status == 200 and balance.at("object") == "balance"
        return ok() if proven else limited("a restricted key, real, without the permission to read account or balance")
    return refusal(answer)


def refusal(answer: Answer) -> Outcome:
    if answer.status == 401 and answer.at("error.code") == "api_key_expired":
        return rejected("the key is expired or was rolled")
    if answer.status == 400 and answer.says("publishable"):
        return rejected("this is the publishable key")
    return answer.otherwise()


provider = Provider(
    name="stripe",
    title="Stripe",
    category="payment",
    description="cards, subscriptions and payouts",
    keys_url="https://dashboard.stripe.com/apikeys",
    keys_help="webhook secrets: https://dashboard.stripe.com/webhooks",
    hosts=("api.stripe.com",),
    unproven=("publishable_key", "webhook_secret"),
    refuses=one_mode,
    credentials=(
        Field(
            "secret_key",
            "Secret key",
            pattern="(sk|rk)_(test|live)_[A-Za-z0-9]{10,247}",
            strict=True,
            env=("STRIPE_SECRET_KEY", "STRIPE_API_KEY"),
            help="it begins with sk_test_, sk_live_, rk_test_ or rk_live_",
            lookalikes=(
                Lookalike("^pk_(test|live)_", "a publishable key", refuse=True),
                Lookalike("^sk_org_", "an organisation key: it needs a Stripe-Context header, which is not supported", refuse=True),
                Lookalike("^pk_([0-9a-f]{34}|[A-Za-z0-9]{6}_[0-9a-f]{34})$", "a Klaviyo key", refuse=True),
            ),
        ),
        Field(
            "publishable_key",
            "Publishable key",
            pattern="pk_(test|live)_[A-Za-z0-9]{10,247}",
            strict=True,
            env=("STRIPE_PUBLISHABLE_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"),
            help="it begins with pk_test_ or pk_live_",
            lookalikes=(Lookalike("^(sk|rk)_", "the secret key", refuse=True),),
        ),
        Field(
            "webhook_secret",
            "Webhook signing secret",
            required=False,
            pattern="whsec_[A-Za-z0-9+/=]{16,}",
            strict=True,
            env=("STRIPE_WEBHOOK_SECRET",),
            help="it begins with whsec_",
        ),
    ),
    settings=(Field("currency", required=False, default="usd", pattern="[a-z]{3}", strict=True, help="three small letters such as usd"),),
    check=check,
)
