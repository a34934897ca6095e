"""The rooms put together: the only place that knows every one of them. Import its modules by name."""

__all__: list[str] = []
