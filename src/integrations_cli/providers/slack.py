"""Slack: https://docs.slack.dev/reference/methods/auth.test"""

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


def check(http: Http, given: Given) -> Outcome:
    answer = http.post("https://slack.com/api/auth.test", bearer=given["bot_token"])
    if answer.status == 200 and answer.at("ok") is True:
        return ok(answer.at("team"), answer.at("team_id"))
    if answer.status == 200 and answer.at("ok") is False:
        return refusal(answer)
    return answer.otherwise()


def refusal(answer: Answer) -> Outcome:
    """Errors come with status 200: the word decides."""
    match answer.at("error"):
        case "invalid_auth" | "not_authed":
            return rejected("the token is wrong")
        case "token_revoked" | "account_inactive" | "token_expired":
            return rejected("the token is revoked or expired, or its user is gone")
        case "missing_scope" | "ekm_access_denied" | "team_access_not_granted":
            return limited("the token is real, but restricted")
        case "ratelimited":
            return rate_limited(retry_after=answer.retry_after)
        case _:
            return unreachable("Slack has not decided about the token")


provider = Provider(
    name="slack",
    title="Slack",
    category="communication",
    description="messages to channels",
    keys_url="https://api.slack.com/apps",
    keys_help="OAuth & Permissions; Basic Information",
    hosts=("slack.com",),
    related_env=("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_APP_TOKEN", "SLACK_API_URL"),
    unproven=("signing_secret", "refresh_token"),
    credentials=(
        Field(
            "bot_token",
            "Bot token",
            pattern=r"xox[abp]-[A-Za-z0-9-]{20,}|xoxe\.xox[bp]-[0-9]-[A-Za-z0-9-]{50,}",
            env=("SLACK_BOT_TOKEN", "SLACK_API_TOKEN"),
            env_if_asked=("SLACK_TOKEN",),
            lookalikes=(
                Lookalike("^xapp-", "an app-level token"),
                Lookalike(r"^https://hooks\.slack\.com/", "an incoming webhook URL"),
            ),
        ),
        Field("signing_secret", "Signing secret", required=False, pattern="[0-9a-f]{32}", env=("SLACK_SIGNING_SECRET",)),
        Field("refresh_token", "Refresh token", required=False, pattern="xoxe-[0-9]-[A-Za-z0-9-]{50,}"),
    ),
    settings=(Field("default_channel", "Default channel", required=False),),
    check=check,
)
