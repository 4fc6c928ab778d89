"""The core's operations as clients and customers ask for them; asked again with the same key after a fault."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
from fault_world import World

from crmcore.contacts.tables import MergeLog
from crmcore.conversations.tables import Conversation, Message


class Operation:
    """One operation. :meth:`prepare` makes what it works on, :meth:`ask` is the request, and may be repeated."""

    name = ""
    # Statuses of a repeated request that say: it has happened already.
    done_before: tuple[int, ...] = ()

    async def prepare(self, world: World) -> None:
        """Make what the operation needs; nothing fails here."""

    async def ask(self, world: World) -> httpx2.Response:
        """Send the request, the same every time."""
        raise NotImplementedError

    async def check(self, world: World) -> None:
        """See what only this operation promises."""


async def contact(world: World, **document: Any) -> str:
    """Make a contact and return its id."""
    answer = await world.client.post("/api/contacts", json={"first_name": "Ann", **document})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


class Receive(Operation):
    """A program posts a message of somebody new: contact, conversation, message, all by a job."""

    name = "receive a message"

    async def prepare(self, world: World) -> None:
        mark = uuid4().hex
        self.body = {
            "delivery_key": mark,
            "text": f"Where is my parcel {mark}?",
            "from": {"email": f"{mark}@example.com", "name": "Ann Archer"},
            "subject": "Parcel",
        }

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post("/api/channels/shop/inbound", json=self.body)

    async def check(self, world: World) -> None:
        assert await Message.count().where(Message.text == self.body["text"]) == 1


class ReceiveChat(Operation):
    """A vendor's webhook brings two messages at once, for a plugin's channel."""

    name = "receive a webhook"

    async def prepare(self, world: World) -> None:
        mark = uuid4().hex
        self.body = {
            "id": mark,
            "messages": [
                {"id": f"{mark}-{n}", "text": f"{n} {mark}", "from": f"C{mark[:8]}"} for n in range(2)
            ],
        }

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post("/hooks/chat", json=self.body, headers={"x-chat-secret": "s3cret"})


class Answer(Operation):
    """An agent answers: the reply is stored, and the channel sends it."""

    name = "answer"

    async def prepare(self, world: World) -> None:
        incoming = ReceiveChat()
        await incoming.prepare(world)
        assert (await incoming.ask(world)).is_success
        await world.quiet()
        [row] = await Message.select(Message.conversation).where(
            Message.text == incoming.body["messages"][0]["text"]
        )
        self.conversation: UUID = row["conversation"]
        self.text = f"On its way {uuid4().hex}"
        self.key = uuid4().hex

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(
            f"/api/conversations/{self.conversation}/messages",
            json={"text": self.text},
            headers={"Idempotency-Key": self.key},
        )

    async def check(self, world: World) -> None:
        # The vendor may be asked twice, with the same id: it is for that.
        assert len({message.id for message in world.sent if message.text == self.text}) == 1
        [row] = await Message.select().where(Message.text == self.text)
        assert row["delivery"] == "sent"


class Create(Operation):
    """A contact with everything: company, points, tags, a custom field."""

    name = "create a contact"

    async def prepare(self, world: World) -> None:
        mark = uuid4().hex
        self.document = {
            "first_name": "Bo",
            "last_name": mark,
            "emails": [f"{mark}@example.com"],
            "company": f"Company {mark}",
            "tags": ["vip", mark[:12]],
            "custom": {"tier": "gold"},
        }
        self.key = mark

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(
            "/api/contacts", json=self.document, headers={"Idempotency-Key": self.key}
        )


class Update(Operation):
    """A change with the version that was read: told apart from what has happened already."""

    name = "update a contact"
    done_before = (409,)

    async def prepare(self, world: World) -> None:
        self.id = await contact(world, tags=["vip"])
        self.words = uuid4().hex

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.patch(
            f"/api/contacts/{self.id}",
            json={"job_title": self.words, "tags": ["new"], "emails": [f"{self.words}@example.com"]},
            headers={"If-Match": '"1"'},
        )

    async def check(self, world: World) -> None:
        document = (await world.client.get(f"/api/contacts/{self.id}")).json()
        assert (document["job_title"], document["tags"], document["version"]) == (self.words, ["new"], 2)


class Delete(Operation):
    name = "delete a contact"
    done_before = (404,)

    async def prepare(self, world: World) -> None:
        self.id = await contact(world, emails=[f"{uuid4().hex}@example.com"])

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.delete(f"/api/contacts/{self.id}")


class Merge(Operation):
    """Two people become one, with what points at them."""

    name = "merge contacts"

    async def prepare(self, world: World) -> None:
        self.kept = await contact(world, emails=[f"{uuid4().hex}@example.com"])
        self.merged = await contact(world, phones=[], handles=[f"@{uuid4().hex[:12]}"], job_title="Carpenter")
        await world.client.post("/api/tasks", json={"title": "Call", "contact_id": self.merged})
        self.key = uuid4().hex

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(
            f"/api/contacts/{self.kept}/merge",
            json={"merged": self.merged},
            headers={"Idempotency-Key": self.key},
        )

    async def check(self, world: World) -> None:
        assert await MergeLog.count().where(MergeLog.merged == UUID(self.merged)) == 1


class Unmerge(Merge):
    name = "undo a merge"
    done_before = (409,)

    async def prepare(self, world: World) -> None:
        await super().prepare(world)
        self.merge = (await super().ask(world)).json()["id"]

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(f"/api/merges/{self.merge}/undo")


class Import(Operation):
    """A file of three rows: somebody new, one that is refused, one that is known."""

    name = "import rows"
    done_before = (409,)

    async def prepare(self, world: World) -> None:
        mark = uuid4().hex
        await contact(world, emails=[f"known{mark}@example.com"])
        rows = [
            "First name,E-mail,Company,Position",
            f"Known,known{mark}@example.com,,Carpenter",
            "Odd,no address,,",
        ]
        rows += [f"New {n},new{n}{mark}@example.com,Firm {mark}," for n in range(1)]
        answer = await world.client.post(
            "/api/imports",
            params={"record_type": "contact", "file_name": "people.csv"},
            content="\n".join(rows).encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert answer.status_code == 201, answer.text
        self.run = answer.json()["id"]

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(f"/api/imports/{self.run}/start", json={"duplicates": "merge"})

    async def check(self, world: World) -> None:
        found = (await world.client.get(f"/api/imports/{self.run}")).json()
        assert [found[name] for name in ("state", "created", "updated", "refused")] == ["done", 1, 1, 1], (
            found
        )


class Erase(Operation):
    """Everything of a person goes: messages, files, history's words."""

    name = "erase a person"
    done_before = (409, 404)

    async def prepare(self, world: World) -> None:
        incoming = Receive()
        await incoming.prepare(world)
        assert (await incoming.ask(world)).is_success
        await world.quiet()
        [row] = await Conversation.select(Conversation.contact).where(
            Conversation.search_text.like(f"%{incoming.body['delivery_key']}%")
        ) or await Conversation.select(Conversation.contact).order_by(
            Conversation.number, ascending=False
        ).limit(1)
        self.contact = row["contact"]

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(
            f"/api/contacts/{self.contact}/personal-data/erase", json={"confirm": "Ann Archer"}
        )

    async def check(self, world: World) -> None:
        found = (await world.client.get(f"/api/contacts/{self.contact}/personal-data/erasure")).json()
        assert found["state"] == "done", found


class Attach(Operation):
    """A note with a file that was uploaded before."""

    name = "attach a file"

    async def prepare(self, world: World) -> None:
        incoming = ReceiveChat()
        await incoming.prepare(world)
        assert (await incoming.ask(world)).is_success
        await world.quiet()
        [row] = await Message.select(Message.conversation).where(
            Message.text == incoming.body["messages"][0]["text"]
        )
        sent = {"file": ("a.txt", uuid4().hex.encode(), "text/plain")}
        self.file = (await world.client.post("/api/files", files=sent)).json()["id"]
        self.conversation, self.key = row["conversation"], uuid4().hex

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(
            f"/api/conversations/{self.conversation}/messages",
            json={"kind": "note", "text": "See there", "attachments": [self.file]},
            headers={"Idempotency-Key": self.key},
        )


class Upload(Operation):
    """A file comes in. Uploaded twice it is there twice until it is bound or swept, its content once."""

    name = "upload a file"

    async def prepare(self, world: World) -> None:
        self.content = uuid4().hex.encode() * 1000

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post("/api/files", files={"file": ("a.txt", self.content, "text/plain")})


class Webhook(Create):
    """A contact is created, and an endpoint hears of it."""

    name = "deliver a webhook"

    async def check(self, world: World) -> None:
        [row] = (await world.client.get("/api/contacts", params={"q": self.document["last_name"]})).json()[
            "items"
        ]
        bodies = [(id, body) for id, body in world.posted() if row["id"] in body]
        assert len({id for id, _ in bodies}) == 1, (row["id"], world.posted()[-3:])


class Job(Operation):
    """A plugin's job, put down by its event: here that a contact was created is told to a plugin."""

    name = "tell a plugin"

    async def prepare(self, world: World) -> None:
        self.key = uuid4().hex

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.post(
            "/api/contacts", json={"first_name": self.key}, headers={"Idempotency-Key": self.key}
        )

    async def check(self, world: World) -> None:
        [row] = (await world.client.get("/api/contacts", params={"q": self.key})).json()["items"]
        assert len(set(world.heard(row["id"]))) == 1


class Close(Operation):
    """A conversation is closed, with its line in the thread."""

    name = "close a conversation"
    done_before = (409,)

    async def prepare(self, world: World) -> None:
        incoming = ReceiveChat()
        await incoming.prepare(world)
        assert (await incoming.ask(world)).is_success
        await world.quiet()
        [row] = await Message.select(Message.conversation).where(
            Message.text == incoming.body["messages"][0]["text"]
        )
        found = await world.client.get(f"/api/conversations/{row['conversation']}")
        self.id, self.etag = row["conversation"], found.headers["ETag"]

    async def ask(self, world: World) -> httpx2.Response:
        return await world.client.patch(
            f"/api/conversations/{self.id}", json={"status": "closed"}, headers={"If-Match": self.etag}
        )


OPERATIONS: tuple[Callable[[], Operation], ...] = (
    Receive,
    ReceiveChat,
    Answer,
    Close,
    Create,
    Update,
    Delete,
    Merge,
    Unmerge,
    Import,
    Erase,
    Attach,
    Upload,
    Webhook,
    Job,
)
