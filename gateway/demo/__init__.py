"""The demonstration: a small network of stand-in agencies, and one person's story through all of them."""

from gateway.demo.run import run_demo

__all__ = ["run_demo"]
