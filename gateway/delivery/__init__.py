"""Handing releases over to partners and recording what came of it."""

from gateway.delivery.http_push import HttpTimeouts, open_transport, push_bundle
from gateway.delivery.later_answers import LaterAnswers
from gateway.delivery.mllp_push import MllpConnections, MllpEndpoint, MllpTimeouts, send_frame
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.sender import Sender
from gateway.delivery.ways import Reach, Timeouts

__all__ = [
    "DeliveryOutcome",
    "HttpTimeouts",
    "LaterAnswers",
    "MllpConnections",
    "MllpEndpoint",
    "MllpTimeouts",
    "Reach",
    "Sender",
    "Timeouts",
    "open_transport",
    "push_bundle",
    "send_frame",
]
