"""Written by `gateway.resources.generate`; do not edit."""
