"""Partners: the agencies of one network, as `network.yaml` names them."""

from gateway.partners.deliveries import (
    DeskDelivery,
    FhirDelivery,
    FilesDelivery,
    MllpDelivery,
    NoDelivery,
    WebhookDelivery,
    format_of,
    formats_of,
    mappings_of,
)
from gateway.partners.directory import KIND_SYSTEM, directory_resources, discloser_of, recipient_of
from gateway.partners.network import (
    Client,
    MllpListener,
    Network,
    NetworkFile,
    Partner,
    Route,
    partner_of,
    read_written,
    reference_of,
)
from gateway.partners.network_file import FileFault, NetworkFileRefused, parse_network, read_network, schema
from gateway.partners.starter import clients_wanted, starter_yaml

__all__ = [
    "KIND_SYSTEM",
    "Client",
    "DeskDelivery",
    "FhirDelivery",
    "FileFault",
    "FilesDelivery",
    "MllpDelivery",
    "MllpListener",
    "Network",
    "NetworkFile",
    "NetworkFileRefused",
    "NoDelivery",
    "Partner",
    "Route",
    "WebhookDelivery",
    "clients_wanted",
    "directory_resources",
    "discloser_of",
    "format_of",
    "formats_of",
    "mappings_of",
    "parse_network",
    "partner_of",
    "read_network",
    "read_written",
    "recipient_of",
    "reference_of",
    "schema",
    "starter_yaml",
]
