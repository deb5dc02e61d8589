"""Klaviyo: https://developers.klaviyo.com/en/reference/get_accounts"""

from integrations_cli.provider import Field, Given, Http, Lookalike, Outcome, Provider, limited, ok


def check(http: Http, given: Given) -> Outcome:
    headers = {
        "Authorization": f"Klaviyo-API-Key {given['api_key'].reveal()}",
        "revision": "2026-07-15",
        "Accept": "application/vnd.api+json",
    }
    answer = http.get("https://a.klaviyo.com/api/accounts", headers=headers)
    if answer.status == 200 and isinstance(answer.at("data"), list):
        return ok(answer.at("data.0.attributes.contact_information.organization_name"), answer.at("data.0.id"))
    if answer.status == 403 and answer.at("errors.0.code") == "permission_denied":
        return limited("the key is real, but the scope accounts:read is missing")
    return answer.otherwise()


provider = Provider(
    name="klaviyo",
    title="Klaviyo",
    category="email_marketing",
    description="campaigns and automation",
    keys_url="https://www.klaviyo.com/settings/account/api-keys",
    hosts=("a.klaviyo.com",),
    credentials=(
        Field(
            "api_key",
            "Private API key",
            pattern="pk_([0-9a-f]{34}|[A-Za-z0-9]{6}_[0-9a-f]{34})",
            env=("KLAVIYO_API_KEY", "KLAVIYO_PRIVATE_API_KEY"),
            help="private, although it begins with pk_",
            lookalikes=(
                Lookalike("^pk_(test|live)_", "this is a Stripe publishable key"),
                Lookalike("^[A-Za-z0-9]{6}$", "this is the public key (site id)"),
            ),
        ),
    ),
    settings=(Field("list_id", "List id", required=False, pattern="[A-Za-z0-9]{6,8}"),),
    check=check,
)
