"""AMI on the wire: ``Key: Value`` lines ended by CR LF, a blank line after each packet.

Source: https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/ and captures of AMI 11.0.0.
"""

from collections.abc import Mapping

Fields = Mapping[str, str]
"""A packet: lower-case names (Asterisk writes both ``Uniqueid`` and ``UniqueID``), each with its first value."""

# Asterisk's own lines stay under 1 kB, its longest event has 45 lines; variables may hold more.
LONGEST_LINE = 16_384
MOST_LINES = 200
LONGEST_PACKET = 65_536


class Framer:
    """Cuts bytes into packets. Whatever the other side sends, what is kept of it is bounded.

    A line that is too long is left out, lines beyond the caps of a packet as well; both are counted in ``dropped``.
    Lines without a colon (greetings, the output of commands, values with line breaks in them) are left out too.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping = False
        self._packet: dict[str, str] = {}
        self._lines = 0
        self._size = 0
        self.dropped = 0

    def feed(self, data: bytes) -> list[Fields]:
        """Take what has arrived and return the packets that are complete now."""
        packets: list[Fields] = []
        self._rest += data
        lines = self._rest.split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if self._skipping:
                self._skipping = False
                continue
            self._take(line, packets)
        if len(self._rest) > LONGEST_LINE:
            if not self._skipping:
                self.dropped += 1
            self._skipping = True
            self._rest.clear()
        return packets

    def _take(self, line: bytearray, packets: list[Fields]) -> None:
        if line.endswith(b"\r"):
            del line[-1]
        if not line:
            if self._packet:
                packets.append(self._packet)
            self._packet, self._lines, self._size = {}, 0, 0
            return
        self._lines += 1
        self._size += len(line)
        if len(line) > LONGEST_LINE or self._lines > MOST_LINES or self._size > LONGEST_PACKET:
            self.dropped += 1
            return
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            self._packet.setdefault(name.strip().lower(), value.strip())


def packet(action: str, action_id: str, fields: Mapping[str, str | tuple[str, ...]]) -> bytes:
    """Return an action as it is sent; a tuple of values repeats the line.

    Raises ValueError when a name or a value would end its line: it could carry an action of its own.
    """
    lines = [("Action", action), ("ActionID", action_id)]
    for name, given in fields.items():
        lines += [(name, value) for value in (given if isinstance(given, tuple) else (given,))]
    if any(char in text for line in lines for text in line for char in "\r\n\x00"):
        raise ValueError("a line break inside a line")
    return ("".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n").encode()
