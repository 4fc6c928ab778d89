"""What S7's portal does all day: mostly looking, now and then a new person, a message, a changed state."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import msgspec

from benchmarks.field_bar.figures import Figures
from benchmarks.field_bar.sent import Order, Sent
from benchmarks.field_bar.vendor import Failed, Vendor

REQUESTS_A_MINUTE = 3500
CHANGES_A_SECOND = 4.0
STATES = ("ordered", "welding", "painting", "shipped")
# Of the 3,500: what is looked at, and what is sent beside the changes of state.
LOOKS = ("contact", "contact", "contact", "list", "conversations", "messages", "messages", "search", "me")
CREATES, WRITES = 0.02, 0.03

Action = Callable[[float, Figures], Awaitable[None]]


class Traffic:
    """Sends at the times that were planned, whether or not answers come: nobody waits for the server."""

    def __init__(self, vendor: Vendor, sent: Sent, mark: str) -> None:
        self._vendor = vendor
        self._sent = sent
        self._mark = mark
        self._numbers = count(1)
        self._chance = random.Random(7)
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, figures: Figures, times: float, seconds: float) -> None:
        """Send for ``seconds`` at ``times`` the field bar, and return once every answer is there or given up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for due, action in self._plan(began, times, seconds):
            if (wait_s := due - loop.time()) > 0:
                await asyncio.sleep(wait_s)
            self._start(action, due, figures)
        figures.seconds += loop.time() - began
        while self._running:
            await asyncio.wait(set(self._running))

    def _plan(self, began: float, times: float, seconds: float) -> Iterator[tuple[float, Action]]:
        """Yield every request with the moment at which it is due, evenly spread."""
        each_s = 60 / (REQUESTS_A_MINUTE * times)
        change_s = 1 / (CHANGES_A_SECOND * times)
        due, change_due = began, began
        while min(due, change_due) < began + seconds:
            if change_due <= due:
                yield change_due, self._change
                change_due += change_s
            else:
                yield due, self._action()
                due += each_s

    def _action(self) -> Action:
        place = self._chance.random()
        if place < CREATES:
            return self._create
        return self._write if place < CREATES + WRITES else self._look

    def _start(self, action: Action, due: float, figures: Figures) -> None:
        task: asyncio.Task[None] = asyncio.create_task(self._one(action, due, figures))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    @staticmethod
    async def _one(action: Action, due: float, figures: Figures) -> None:
        try:
            await action(due, figures)
        except Failed:
            pass  # it is counted where it failed
        except Exception as error:
            figures.failed += 1
            figures.errors.append(f"{type(error).__name__}: {error}")

    async def _look(self, due: float, figures: Figures) -> None:
        what = self._chance.choice(LOOKS)
        order = self._chance.choice(self._sent.orders)
        if what == "messages" and self._sent.conversations:
            path = f"/api/conversations/{self._chance.choice(self._sent.conversations)}/messages?limit=20"
        else:
            path = {
                "list": "/api/contacts?limit=20",
                "conversations": "/api/conversations?limit=20",
                "search": f"/api/search?q=order{self._chance.randrange(len(self._sent.orders))}",
                "me": "/api/me",
            }.get(what, f"/api/contacts/{order.id}")
        await self._vendor.send("GET", path, due=due, figures=figures)

    async def _create(self, due: float, figures: Figures) -> None:
        name = f"{self._mark}-{next(self._numbers)}"
        document = {"first_name": "New", "last_name": name, "emails": [f"{name}@bar.example"]}
        self._sent.tried_to_create.add(name)
        await self._vendor.send("POST", "/api/contacts", document, key=name, due=due, figures=figures)
        self._sent.created.add(name)

    async def _write(self, due: float, figures: Figures) -> None:
        key = f"{self._mark}-{next(self._numbers)}"
        writer = self._chance.randrange(40)
        document = {
            "delivery_key": key,
            "from": {"email": f"writer{writer}@bar.example", "name": f"Writer {writer}"},
            "text": key,
        }
        self._sent.tried_to_write.add(key)
        await self._vendor.send("POST", "/api/channels/bar/inbound", document, due=due, figures=figures)
        self._sent.written.add(key)

    async def _change(self, due: float, figures: Figures) -> None:
        """Bring one order a state further. A change follows the one before it, so a busy order is passed over."""
        free = [order for order in self._sent.orders if not order.busy]
        order = self._chance.choice(free or self._sent.orders)
        while order.busy:  # noqa: ASYNC110 - more changes under way than there are orders
            await asyncio.sleep(0.01)
        order.busy = True
        try:
            await self._bring_on(order, due, figures)
        finally:
            order.busy = False

    async def _bring_on(self, order: Order, due: float, figures: Figures) -> None:
        order.wanted = number = order.wanted + 1
        custom = {"state": STATES[number % len(STATES)], "step": number}
        while True:
            heard = await self._vendor.send(
                "PATCH",
                f"/api/contacts/{order.id}",
                {"custom": custom, "version": order.version},
                due=due,
                figures=figures,
                accept=frozenset({409}),
            )
            document = msgspec.json.decode(heard.body)
            if heard.status != 409:
                break
            # An answer was lost: what is stored says whether the change was made.
            document = document["current"]
            if document["custom"].get("step") == number:
                break
            order.version = document["version"]
        order.version = document["version"]
        order.acknowledged.append(number)
