"""Keys that are visibly fake, put together at run time where a scanner could take them for real."""

ANTHROPIC = "sk-ant-" + "api03-" + "0" * 80 + "EXAMPLEAA"
ANTHROPIC_NEW = "sk-ant-" + "api03-" + "1" * 80 + "EXAMPLEAA"
STRIPE_SECRET = "sk_test_" + "4eC39HqLyjEXAMPLE"
STRIPE_PUBLIC = "pk_test_" + "4eC39HqLyjEXAMPLE"

GOOD: dict[str, dict[str, str]] = {
    "anthropic": {"api_key": ANTHROPIC},
    "openai": {"api_key": "sk-" + "proj-0123456789abcdefEXAMPLE"},
    "google_ai": {"api_key": "AQ." + "0123456789abcdefghijEXAMPLE"},
    "zoho": {
        "client_id": "1000." + "0123456789ABCDEFGHIJEXAMPLE",
        "client_secret": "0" * 32 + "e",
        "refresh_token": "1000." + "a" * 32 + "." + "b" * 32,
    },
    "salesforce": {
        "client_id": "3MVG9" + "a" * 60 + "EXAMPLE",
        "client_secret": "0" * 57 + "EXAMPLE",
        "refresh_token": "5Aep861" + "a" * 40 + "EXAMPLE",
    },
    "hubspot": {"api_key": "pat-na1-" + "01234567-0123-0123-0123-01234EXAMPLE"},
    "mailchimp": {"api_key": "0123456789abcdef" * 2 + "-us21", "server_prefix": "us21"},
    "sendgrid": {"api_key": "SG." + "0123456789abcdefghijkl." + "0" * 36 + "EXAMPLE"},
    "mailerlite": {"api_key": "eyJ0eXAi.eyJhdWQi.EXAMPLE_0123456789"},
    "google_maps": {"api_key": "AIza" + "0" * 28 + "EXAMPLE"},
    "mapbox": {"access_token": "pk." + "eyJ1IjoiZXhhbXBsZSIsImEiOiJ4In0" + "." + "0123456789EXAMPLE"},
    "stripe": {"secret_key": STRIPE_SECRET, "publishable_key": STRIPE_PUBLIC},
    "paypal": {"client_id": "A" + "b" * 60 + "EXAMPLE", "client_secret": "E" + "c" * 60 + "EXAMPLE"},
}
