"""Google Maps: https://developers.google.com/maps/documentation/geocoding/requests-geocoding"""

from integrations_cli.provider import (
    Answer,
    Field,
    Given,
    Http,
    Lookalike,
    Outcome,
    Provider,
    limited,
    ok,
    rate_limited,
    rejected,
    unreachable,
)

DENIED = (  # the only sign is Google's prose
    (("api key is invalid", "expired"), rejected, "the key is wrong or expired"),
    (("referer restrictions",), limited, "the key is real, but made for web pages only"),
    (("not authorized to use this api", "not activated"), limited, "the key is real, but Geocoding is not enabled"),
    (("ip, site or mobile application is not authorized",), limited, "the key is real, but restricted to other addresses"),
    (("enable billing",), limited, "the key is real, but there is no billing"),
)


def check(http: Http, given: Given) -> Outcome:
    answer = http.get("https://maps.googleapis.com/maps/api/geocode/json", params={"address": "Berlin", "key": given["api_key"]})
    match answer.status, answer.at("status"):
        case 200, "OK" | "ZERO_RESULTS":
            return ok()
        case 200, "REQUEST_DENIED":
            return denied(answer)
        case 200, "OVER_DAILY_LIMIT":
            return limited("quota or billing is in the way")
        case 200, "OVER_QUERY_LIMIT":
            return rate_limited(retry_after=answer.retry_after)
        case _:
            return answer.otherwise()


def denied(answer: Answer) -> Outcome:
    text = str(answer.at("error_message") or "").lower()
    for signs, outcome, message in DENIED:
        if any(sign in text for sign in signs):
            return outcome(message)
    return unreachable("denied for a reason we do not know (REQUEST_DENIED)")


provider = Provider(
    name="google_maps",
    title="Google Maps",
    category="maps",
    description="maps, places and geocoding",
    keys_url="https://console.cloud.google.com/google/maps-apis/credentials",
    hosts=("maps.googleapis.com",),
    cost="one counted geocode",
    credentials=(
        Field(
            "api_key",
            "API key",
            pattern="AIza[A-Za-z0-9_-]{35}",
            env=("GOOGLE_MAPS_API_KEY", "GMAPS_API_KEY", "VITE_GMAPS_API_KEY", "MAPS_API_KEY"),
            lookalikes=(Lookalike(r"^AQ\.", "the shape of a Gemini key"),),
        ),
    ),
    settings=(
        Field(
            "default_zoom",
            "Default zoom",
            required=False,
            default=12,
            pattern="[0-9]|1[0-9]|2[0-2]",
            strict=True,
            help="a number from 0 to 22",
        ),
        Field(
            "default_center",
            "Default centre",
            required=False,
            pattern=r"-?[0-9]{1,2}(\.[0-9]+)?,-?[0-9]{1,3}(\.[0-9]+)?",
            strict=True,
            help="latitude,longitude such as 52.52,13.41",
        ),
    ),
    check=check,
)
