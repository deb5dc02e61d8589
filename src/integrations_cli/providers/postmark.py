"""Postmark: https://postmarkapp.com/developer/api/server-api"""

from integrations_cli.provider import Field, Given, Http, Outcome, Provider, ok, rejected


def check(http: Http, given: Given) -> Outcome:
    """The answer holds every token of the server: only its name and id are taken."""
    answer = http.get("https://api.postmarkapp.com/server", headers={"X-Postmark-Server-Token": given["server_token"]})
    if answer.status == 200 and answer.at("Name"):
        return ok(answer.at("Name"), answer.at("ID"))
    if answer.status == 401 and answer.at("ErrorCode") == 10:
        return rejected("the token is wrong, or it is an account token, which has the same shape")
    return answer.otherwise()


provider = Provider(
    name="postmark",
    title="Postmark",
    category="email_marketing",
    description="transactional mail",
    keys_url="https://account.postmarkapp.com/servers",
    keys_help="server > API Tokens",
    hosts=("api.postmarkapp.com",),
    credentials=(
        Field(
            "server_token",
            "Server token",
            pattern="[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            env=("POSTMARK_SERVER_TOKEN", "POSTMARK_API_TOKEN", "POSTMARK_API_KEY"),
        ),
    ),
    settings=(
        Field("default_sender", "Default sender", required=False, kind="email"),
        Field("message_stream", "Message stream", required=False, default="outbound", pattern="[A-Za-z0-9_-]{1,30}"),
    ),
    check=check,
)
