"""Acme CRM, a vendor that does not exist: https://developers.acme-crm.example/reference"""

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    """`GET /v2/me` costs nothing and changes nothing; a wrong key answers 200 with `{"error": "bad_key"}`."""
    answer = http.get(f"https://{given['region']}.acme-crm.example/v2/me", bearer=given["api_key"], chosen_by="region")
    if answer.status == 200 and answer.at("error") == "bad_key":
        return rejected()
    if answer.status == 200 and answer.at("account.id"):
        return ok(answer.at("account.name"), answer.at("account.id"))
    return answer.otherwise()


provider = Provider(
    name="acme_crm",
    title="Acme CRM",
    category="crm",
    description="contacts and deals",
    keys_url="https://acme-crm.example/settings/keys",
    hosts=(r"^(eu|us)\.acme-crm\.example$",),
    credentials=(Field("api_key", "API key", pattern="acme_[A-Za-z0-9]{20,}", env=("ACME_CRM_API_KEY",)),),
    settings=(Field("region", "Region", default="eu", choices=("eu", "us"), destination=True),),
    check=check,
)
