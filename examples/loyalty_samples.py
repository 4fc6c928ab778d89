"""What the loyalty programme shows of itself to be checked."""

from crmcore import system_actor
from crmcore.testing import Samples


async def story(crm, contact):
    changes = {"custom": {"loyalty_points": 1200}}
    await crm.records.update("contact", contact, changes, actor=system_actor("samples"))


SAMPLES = Samples(settings={"gold_from": 500}, story=story)
