"""The demonstration: a small network of stand-in agencies, and one person's story through all of them."""

from gateway.demo.run import STORIES, run_demo

__all__ = ["STORIES", "run_demo"]
