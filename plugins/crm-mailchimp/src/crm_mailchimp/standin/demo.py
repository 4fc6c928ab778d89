"""The demo's audience: the demo's customers and what became of two mailings, on this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from crm_mailchimp.mailings import read_from_the_start
from crm_mailchimp.standin.mailings import seed
from crm_mailchimp.standin.server import StandInServer
from crm_mailchimp.standin.service import StandInService
from crm_mailchimp.sync import start_sync
from crm_mailchimp.tables import MailchimpActivity, MailchimpMember
from crmcore.demo.standins import StandInPlace

KEY = "demo0demo0demo0-us1"
AUDIENCE = "demo1a2b3c"


@asynccontextmanager
async def stand_in(place: StandInPlace) -> AsyncIterator[None]:
    """Serve the audience as long as the demo does, connect it, and bring both in step."""
    service = StandInService(key=KEY, audience=AUDIENCE, clock=place.plugin.now)
    service.batches.address = f"http://{place.address}/results"
    random = Random(7)  # noqa: S311 - the same past in every demo
    for number, customer in enumerate(place.customers):
        status = "unsubscribed" if number % 9 == 8 else "cleaned" if number % 13 == 12 else "subscribed"
        first, _, last = customer.name.partition(" ")
        seed(service.add(customer.email, status, FNAME=first, LNAME=last), place.plugin.now(), random)
    # The mailings are as long ago as before in every start: those of the last one would stand beside them.
    await MailchimpActivity.delete(force=True)
    await MailchimpMember.update({MailchimpMember.activity_at: None}, force=True)
    async with place.serving(StandInServer(service)):
        config = {
            "api_key": KEY,
            "audience_id": AUDIENCE,
            "api_address": f"http://{place.address}/3.0",
            # The demo's customers are in conversations: nobody's reply should wait because of a newsletter.
            "mark_opt_out": False,
            "make_contacts": False,
        }
        id = await place.account("audience", "Demo newsletter", config)
        await start_sync(id, place.plugin, whole=True)
        await read_from_the_start(id, place.plugin)
        yield
