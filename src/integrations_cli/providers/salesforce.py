"""Salesforce: https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oidc_token_introspection.htm"""

from integrations_cli.provider import Answer, Field, Given, Http, Lookalike, Outcome, Provider, limited, misconfigured, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    """By introspection: the token endpoint could replace the refresh token."""
    base = (given["instance_url"] or "https://login.salesforce.com").rstrip("/")
    form = {
        "token": given["refresh_token"],
        "token_type_hint": "refresh_token",
        "client_id": given["client_id"],
        "client_secret": given["client_secret"],
    }
    answer = http.post(f"{base}/services/oauth2/introspect", form=form, chosen_by="instance_url", path_setting="instance_url")
    if answer.status == 200 and answer.at("active") is True:
        return ok(answer.at("username"), answer.at("sub"))
    if answer.status == 200 and answer.at("active") is False:
        return rejected("the refresh token is revoked or expired")
    return refusal(answer)


def refusal(answer: Answer) -> Outcome:
    match answer.status, answer.at("error"):
        case 400 | 401, "invalid_client_id" | "invalid_client":
            return rejected("consumer key or consumer secret is wrong")
        case 400, "invalid_app_access":
            return limited("the app has to be approved first")
        case 400, "invalid_grant" if answer.says("ip restricted"):
            return limited("the login range of the user is in the way")
        case 400, "invalid_grant":
            return rejected("the refresh token is no longer accepted")
        case 403, _ if answer.says("REQUEST_LIMIT_EXCEEDED", "API_DISABLED_FOR_ORG", "INSUFFICIENT_ACCESS"):
            return limited("the credentials are real, but a limit or a permission is in the way")
        case 404, _:
            return misconfigured("instance_url is not a Salesforce login host")
        case _:
            return answer.otherwise()


provider = Provider(
    name="salesforce",
    title="Salesforce",
    category="crm",
    description="customers, leads and opportunities",
    keys_url="https://login.salesforce.com/",
    keys_help="Setup > External Client App Manager",
    hosts=("login.salesforce.com", "test.salesforce.com", r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.my\.salesforce\.com$"),
    credentials=(
        Field(
            "client_id",
            "Consumer key",
            pattern="3MVG9[A-Za-z0-9_.+/=]{60,}",
            env=("SALESFORCE_CLIENT_ID", "SF_CLIENT_ID", "SALESFORCE_CONSUMER_KEY"),
        ),
        Field(
            "client_secret",
            "Consumer secret",
            pattern="[A-Za-z0-9+/=.]{64}|[0-9]{19}",
            env=("SALESFORCE_CLIENT_SECRET", "SF_CLIENT_SECRET", "SALESFORCE_CONSUMER_SECRET"),
        ),
        Field("refresh_token", "Refresh token", pattern="5Aep861[A-Za-z0-9_.=]{40,}", env=("SALESFORCE_REFRESH_TOKEN", "SF_REFRESH_TOKEN")),
    ),
    settings=(
        Field(
            "instance_url",
            "Instance URL",
            required=False,
            kind="url",
            pattern=r"https://([a-z0-9-]+(\.[a-z0-9-]+)*\.my|login|test)\.salesforce\.com/?",
            strict=True,
            destination=True,
            env=("SALESFORCE_INSTANCE_URL", "SF_INSTANCE_URL"),
            help="an address like https://acme.my.salesforce.com",
            lookalikes=(
                Lookalike(
                    r"\.lightning\.force\.com", "the address of the web pages: use the one that ends in .my.salesforce.com", refuse=True
                ),
            ),
        ),
    ),
    check=check,
)
