"""NOTIFICATION INTEGRATION: https://docs.snowflake.com/en/sql-reference/sql/create-notification-integration"""

from __future__ import annotations

from collections.abc import Sequence

from snowmaker.sandbox.context import dotted
from snowmaker.sandbox.integrations import ENABLED, Family, Form, Property, listing, register_family, text, word
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import identifier, one_of

_TYPE = one_of("QUEUE", "EMAIL", "WEBHOOK")
_PROVIDER = one_of("AWS_SNS", "GCP_PUBSUB", "AZURE_STORAGE_QUEUE", "AZURE_EVENT_GRID")
_DIRECTION = one_of("INBOUND", "OUTBOUND")


def _headers(parser: Parser) -> dict[str, str]:
    """`('header' = 'value', …)`"""
    parser.expect_operator("(")
    found: dict[str, str] = {}
    while not parser.accept_operator(")"):
        if found:
            parser.accept_operator(",")
        key = parser.string()
        parser.expect_operator("=")
        found[key] = parser.string()
    return found


def _secret(parser: Parser) -> str:
    return dotted(identifier(3)(parser))


def _queue(provider: str, directions: Sequence[str | None], *properties: Property) -> Form:
    """A queue's form. DIRECTION may stay away where it is INBOUND."""
    return Form(
        {"TYPE": ("QUEUE",), "NOTIFICATION_PROVIDER": (provider,), "DIRECTION": directions},
        (
            ENABLED,
            word("DIRECTION", _DIRECTION, default="INBOUND", fixed=True),
            word("NOTIFICATION_PROVIDER", _PROVIDER, fixed=True),
            *properties,
        ),
        "QUEUE",
    )


_INBOUND = (None, "INBOUND")

register_family(
    Family(
        "NOTIFICATION",
        "NOTIFICATION",
        {"TYPE": _TYPE, "NOTIFICATION_PROVIDER": _PROVIDER, "DIRECTION": _DIRECTION},
        (
            _queue("GCP_PUBSUB", _INBOUND, text("GCP_PUBSUB_SUBSCRIPTION_NAME", required=True)),
            _queue("GCP_PUBSUB", ("OUTBOUND",), text("GCP_PUBSUB_TOPIC_NAME", required=True)),
            _queue(
                "AZURE_STORAGE_QUEUE",
                _INBOUND,
                text("AZURE_STORAGE_QUEUE_PRIMARY_URI", required=True),
                text("AZURE_TENANT_ID", required=True),
            ),
            _queue(
                "AZURE_EVENT_GRID",
                ("OUTBOUND",),
                text("AZURE_EVENT_GRID_TOPIC_ENDPOINT", required=True),
                text("AZURE_TENANT_ID", required=True),
            ),
            _queue(
                "AWS_SNS",
                ("OUTBOUND",),
                text("AWS_SNS_TOPIC_ARN", required=True),
                text("AWS_SNS_ROLE_ARN", required=True),
            ),
            Form(
                {"TYPE": ("EMAIL",)},
                (ENABLED, listing("ALLOWED_RECIPIENTS"), listing("DEFAULT_RECIPIENTS"), text("DEFAULT_SUBJECT")),
                "EMAIL",
            ),
            Form(
                {"TYPE": ("WEBHOOK",)},
                (
                    ENABLED,
                    text("WEBHOOK_URL", required=True),
                    word("WEBHOOK_SECRET", _secret),
                    text("WEBHOOK_BODY_TEMPLATE"),
                    Property("WEBHOOK_HEADERS", _headers, "Map", "{}"),
                ),
                "WEBHOOK",
            ),
        ),
        shows=("NOTIFICATION_PROVIDER",),
    )
)
