"""PayPal: https://developer.paypal.com/api/rest/authentication/"""

from integrations_cli.provider import Answer, Field, Given, Http, Outcome, Provider, misconfigured, ok, rejected

HOSTS = {"sandbox": "api-m.sandbox.paypal.com", "live": "api-m.paypal.com"}


def token(http: Http, given: Given, environment: str, *, optional: bool = False) -> Answer:
    basic = (given["client_id"], given["client_secret"])
    form = {"grant_type": "client_credentials"}
    return http.post(f"https://{HOSTS[environment]}/v1/oauth2/token", basic=basic, form=form, optional=optional, chosen_by="environment")


def check(http: Http, given: Given) -> Outcome:
    environment = given["environment"]
    answer = token(http, given, environment)
    if answer.status == 200 and isinstance(answer.at("access_token"), str):
        return ok(answer.at("app_id"), answer.at("app_id"))
    if answer.status == 401:
        other = next(name for name in HOSTS if name != environment)
        there = token(http, given, other, optional=True)
        if there.status == 200 and isinstance(there.at("access_token"), str):
            return misconfigured(f"these are credentials of the {other} environment")
        return rejected("client id or secret is wrong")
    return answer.otherwise()


provider = Provider(
    name="paypal",
    title="PayPal",
    category="payment",
    description="payments and payouts",
    keys_url="https://developer.paypal.com/dashboard/applications",
    keys_help="Apps & Credentials; one tab for sandbox, one for live",
    hosts=tuple(HOSTS.values()),
    cost="mints an access token",
    related_env=("O_AUTH_CLIENT_ID", "O_AUTH_CLIENT_SECRET", "ENVIRONMENT"),
    credentials=(
        Field("client_id", "Client id", pattern="A[A-Za-z0-9_.-]{50,}", env=("PAYPAL_CLIENT_ID",)),
        Field("client_secret", "Client secret", pattern="[A-Za-z0-9_.-]{40,}", env=("PAYPAL_CLIENT_SECRET", "PAYPAL_SECRET")),
    ),
    settings=(
        Field(
            "environment",
            required=False,
            default="sandbox",
            choices=("sandbox", "live"),
            aliases={"production": "live"},
            destination=True,
            env=("PAYPAL_ENVIRONMENT", "PAYPAL_MODE", "PAYPAL_ENV"),
        ),
    ),
    check=check,
)
