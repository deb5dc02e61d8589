"""Mapbox: https://docs.mapbox.com/api/accounts/tokens/#retrieve-a-token"""

import re

from integrations_cli.provider import Answer, Field, Given, Http, Lookalike, Outcome, Provider, limited, misconfigured, ok, rejected

REFUSED = {
    "TokenMalformed": "the token cannot be read",
    "TokenInvalid": "the signature of the token is wrong",
    "TokenExpired": "the temporary token is over",
    "TokenRevoked": "the token is revoked",
}


def check(http: Http, given: Given) -> Outcome:
    token = {"access_token": given["access_token"]}
    answer = http.get("https://api.mapbox.com/tokens/v2", params=token)
    if answer.status != 200 or answer.at("code") != "TokenValid":
        return refusal(answer)
    good = ok(answer.at("token.user"), answer.at("token.user"))
    style = re.fullmatch("mapbox://styles/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)", given["style_url"] or "")
    if not style:
        return good
    found = http.get(f"https://api.mapbox.com/styles/v1/{style[1]}/{style[2]}", params=token, optional=True)
    if found.status == 404:
        return misconfigured("style_url is not known to Mapbox")
    return good.noting(None if found.status == 200 else "style_url could not be checked")


def refusal(answer: Answer) -> Outcome:
    code = answer.at("code")
    if isinstance(code, str) and code in REFUSED:
        return rejected(REFUSED[code])
    if answer.status == 403 and isinstance(answer.json, dict):
        return limited("the token is restricted to certain addresses, or a scope is missing")
    return answer.otherwise()


provider = Provider(
    name="mapbox",
    title="Mapbox",
    category="maps",
    description="maps, styles and geocoding",
    keys_url="https://console.mapbox.com/account/access-tokens/",
    hosts=("api.mapbox.com",),
    related_env=("MAPBOX_HOST",),
    credentials=(
        Field(
            "access_token",
            "Access token",
            pattern=r"(pk|sk|tk)\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{16,}",
            env=("MAPBOX_ACCESS_TOKEN", "MAPBOX_TOKEN", "MapboxAccessToken", "NEXT_PUBLIC_MAPBOX_TOKEN"),
            lookalikes=(Lookalike(r"^tk\.", "a temporary token: it ends within an hour"),),
        ),
    ),
    settings=(
        Field(
            "style_url",
            "Style URL",
            required=False,
            kind="string",
            default="mapbox://styles/mapbox/streets-v12",
            pattern="mapbox://styles/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+",
        ),
    ),
    check=check,
)
