"""Vonage: https://developer.vonage.com/en/api/account#getAccountSecrets"""

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    key = given["api_key"].reveal()
    answer = http.get(f"https://api.nexmo.com/accounts/{key}/secrets", basic=(given["api_key"], given["api_secret"]))
    if answer.status == 200 and isinstance(answer.at("_embedded.secrets"), list):
        return ok(None, None, balance(http, given))  # the API key would tell whose it is
    if answer.status == 404 and isinstance(answer.json, dict):
        return rejected("the API key is not the one of the secret")
    return answer.otherwise()


def balance(http: Http, given: Given) -> str | None:
    """What is left, as a note: the key is proven by now."""
    answer = http.get("https://rest.nexmo.com/account/get-balance", basic=(given["api_key"], given["api_secret"]), optional=True)
    left = answer.at("value") if answer.status == 200 else None
    known = isinstance(left, int | float) and not isinstance(left, bool) and abs(left) < 1e9
    return f"balance {left:.2f} EUR" if known else None


provider = Provider(
    name="vonage",
    title="Vonage",
    category="communication",
    description="text messages and calls",
    keys_url="https://dashboard.vonage.com/settings",
    hosts=("api.nexmo.com", "rest.nexmo.com"),
    aliases=("nexmo",),
    unproven=("application_id", "private_key", "signature_secret"),
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern="[A-Za-z0-9]{8}",
            strict=True,
            env=("VONAGE_API_KEY", "NEXMO_API_KEY"),
            help="eight letters and digits",
        ),
        Field("api_secret", "API secret", pattern=".{8,25}", env=("VONAGE_API_SECRET", "NEXMO_API_SECRET")),
        Field(
            "application_id",
            "Application id",
            required=False,
            pattern="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            env=("VONAGE_APPLICATION_ID",),
        ),
        Field(
            "private_key",
            "Private key (PEM)",
            required=False,
            multiline=True,
            hint=False,
            env_file=("VONAGE_APPLICATION_PRIVATE_KEY_PATH",),
        ),
        Field("signature_secret", "Signature secret", required=False, env=("VONAGE_SIGNATURE_SECRET",)),
    ),
    settings=(Field("from", required=False, help="a number or a name"),),
    check=check,
)
