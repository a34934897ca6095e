"""What happens, in order: plain functions that the doors call.

Import a flow's module by name (`from gateway.flows.receive import accept_message`): a face that imported them all would
make every short command load the whole gateway.
"""

__all__: list[str] = []
