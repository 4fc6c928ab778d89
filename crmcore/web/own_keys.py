"""The keys of one visitor: as the page's script gets them, and as they are shown on buttons."""

import msgspec

from crmcore.accounts.keys import ACTIONS, key_map
from crmcore.contracts.actors import Actor


class OwnKeys:
    """The keys of ``actor``; without one, and until others are chosen, the defaults."""

    def __init__(self, actor: Actor | None) -> None:
        self._own = actor.keys if actor else {}
        self.map = key_map(self._own)

    @property
    def script(self) -> str:
        """What ``keys.js`` needs to know, as JSON: the default key by the one that is pressed; empty for nobody's.

        ``one`` are single keys, ``go`` those that follow the key of “go to”. A default that has moved away and
        that no other action took means nothing.
        """
        if not self._own:
            return ""
        told: dict[str, dict[str, str]] = {"one": {}, "go": {}}
        for after_go, part in ((False, told["one"]), (True, told["go"])):
            actions = {name: action for name, action in ACTIONS.items() if action.after_go is after_go}
            for name, action in actions.items():
                if self.map[name] != action.key:
                    part[self.map[name]] = action.key
                    part.setdefault(action.key, "")
        return msgspec.json.encode(told).decode()

    def shown(self, name: str) -> str:
        """Return the key of the action ``name`` as people read it: ``⇧ E``, ``G I``."""
        return " ".join(self.parts(name))

    def parts(self, name: str) -> list[str]:
        """Return the same key by key."""
        key = self.map[name]
        if ACTIONS[name].after_go:
            return [*_written(self.map["go"]), key.upper()]
        return _written(key)


def _written(key: str) -> list[str]:
    return ["⇧", key] if key.isupper() else [key.upper()]
