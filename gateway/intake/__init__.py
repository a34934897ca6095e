"""The doors by which bytes arrive. The page for an interface analyst is README.md beside this file."""

from gateway.intake.folder_watch import FolderWatch
from gateway.intake.framing import Frame, FrameReader, framed
from gateway.intake.hl7_ack import AckSettings, acknowledge, acknowledge_later
from gateway.intake.hl7_header import Hl7Header, read_header
from gateway.intake.mllp import Accept, ListenerSettings, MllpListener, Peer, Recognise
from gateway.intake.watched_folder import WatchSettings

__all__ = [
    "Accept",
    "AckSettings",
    "FolderWatch",
    "Frame",
    "FrameReader",
    "Hl7Header",
    "ListenerSettings",
    "MllpListener",
    "Peer",
    "Recognise",
    "WatchSettings",
    "acknowledge",
    "acknowledge_later",
    "framed",
    "read_header",
]
