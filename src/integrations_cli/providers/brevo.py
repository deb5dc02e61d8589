"""Brevo: https://developers.brevo.com/reference/getaccount"""

from integrations_cli.provider import Field, Given, Http, Lookalike, Outcome, Provider, limited, ok


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://api.brevo.com/v3/account", headers={"api-key": given["api_key"]})
    email, company = answer.at("email"), answer.at("companyName")
    if answer.status == 200 and (email or company):
        return ok(company or email, email)
    if answer.status == 401 and answer.says("unrecognised ip", "unrecognized ip"):
        return limited("the key is real, but this machine's address is not among the authorised ones")
    return answer.otherwise()


provider = Provider(
    name="brevo",
    title="Brevo",
    category="email_marketing",
    description="transactional mail and campaigns",
    keys_url="https://app.brevo.com/settings/keys/api",
    hosts=("api.brevo.com",),
    aliases=("sendinblue",),
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern="xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}",
            env=("BREVO_API_KEY", "SENDINBLUE_API_KEY"),
            lookalikes=(Lookalike("^xsmtpsib-", "the SMTP key: not for the API"),),
        ),
    ),
    settings=(
        Field("list_id", "List id", required=False, pattern="[1-9][0-9]{0,9}", strict=True, help="digits only"),
        Field("default_sender", "Default sender", required=False, kind="email"),
    ),
    check=check,
)
