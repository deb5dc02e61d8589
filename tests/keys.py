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
    "mistral": {"api_key": "0" * 25 + "EXAMPLE"},
    "groq": {"api_key": "gsk_" + "0" * 45 + "EXAMPLE"},
    "deepseek": {"api_key": "sk-" + "0" * 25 + "example"},
    "cohere": {"api_key": "0" * 33 + "EXAMPLE"},
    "openrouter": {"api_key": "sk-or-" + "v1-" + "0" * 57 + "EXAMPLE"},
    "shotstack": {"api_key": "0" * 33 + "EXAMPLE"},
    "cloudinary": {"cloud_name": "acme-example", "api_key": "012345678901234", "api_secret": "0" * 20 + "EXAMPLE"},
    "brevo": {"api_key": "xkeysib-" + "0" * 64 + "-000000000EXAMPLE"},
    "postmark": {"server_token": "00000000-0000-0000-0000-00000EXAMPLE"},
    "mailgun": {"api_key": "key-" + "0" * 25 + "example"},
    "klaviyo": {"api_key": "pk_" + "0" * 27 + "EXAMPLE"},
    "backblaze_b2": {"key_id": "0" * 18 + "abcdef1", "application_key": "0" * 24 + "EXAMPLE"},
    "slack": {"bot_token": "xox" + "b-" + "0" * 20 + "EXAMPLE"},
    "whatsapp": {"access_token": "EAA" + "0" * 20 + "EXAMPLE"},
    "vonage": {"api_key": "aEXAMPLE", "api_secret": "0123456789EXAMPLE"},
    "twilio": {"account_sid": "AC" + "0" * 31 + "e", "auth_token": "0" * 25 + "example"},
}

SETTINGS: dict[str, dict[str, str]] = {"whatsapp": {"phone_number_id": "1234567"}}  # settings without which nothing is asked
