"""Litestar's application, built once all its handlers are known.

Litestar itself looks at every route that is there whenever one more comes: with five hundred of them that was three
quarters of an application's making.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.routes import BaseRoute, HTTPRoute


class App(Litestar):
    """An application of HTTP handlers; those that are given when it is made are looked through together.

    It is without the plugins for pydantic and attrs, 8 MB that no handler of ours has a use for.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]

    def register(self, value: Any) -> None:  # type: ignore[override]  # as Litestar's own
        """Take a handler. Until the application is made it waits for :meth:`_create_asgi_handler`, which sees all."""
        if getattr(self, "asgi_handler", None) is None:
            Router.register(self, value)
        else:
            super().register(value)

    @property
    def route_handler_method_map(self) -> Any:
        """The handlers of a path by method, looked up when they are asked for."""
        return _ByPath(self.routes)

    def _create_asgi_handler(self) -> Any:
        forms: dict[tuple[tuple[str, Any], ...], HTTPRouteHandler] = {}
        for route in self.routes:
            if isinstance(route, HTTPRoute):
                for handler in route.route_handlers:
                    _as_first(handler, forms)
                    handler.on_registration(self)
                route.create_handler_map()
        self.asgi_router.construct_routing_trie()
        return super()._create_asgi_handler()


def _as_first(handler: HTTPRouteHandler, forms: dict[tuple[tuple[str, Any], ...], HTTPRouteHandler]) -> None:
    """Take what Litestar reads from the form of the handler's function from the first that has the same."""
    first = forms.setdefault(tuple(handler.fn.__annotations__.items()), handler)
    if first is not handler:
        handler._parsed_fn_signature = first.parsed_fn_signature
        handler._signature_model = first.signature_model


class _ByPath(Mapping[str, dict[str, Any]]):
    def __init__(self, routes: list[Any]) -> None:
        self._routes: list[BaseRoute] = routes

    def __getitem__(self, path: str) -> dict[str, Any]:
        for route in self._routes:
            if route.path == path and isinstance(route, HTTPRoute):
                return {
                    method: handler for handler in route.route_handlers for method in handler.http_methods
                }
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(route.path for route in self._routes))

    def __len__(self) -> int:
        return sum(1 for _ in self)
