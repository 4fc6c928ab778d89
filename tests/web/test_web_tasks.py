"""Tasks, their calendar, notifications: pages that work without scripts."""

from datetime import timedelta
from uuid import UUID

from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, Story

from crmcore.contracts.actors import system_actor
from crmcore.notifications.tables import Notification
from crmcore.tasks.tables import Task
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

SYSTEM = system_actor()


async def test_a_task_is_made_from_a_message_repeats_and_is_found_again(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    conversation = story.conversations[0]
    thread = (await browser.get(f"/inbox/{conversation}?view=all")).text
    link = thread.partition('href="/tasks/new?message=')[2].partition('"')[0]
    message = link.partition("&")[0]
    form = await browser.get(f"/tasks/new?message={message}")
    assert form.status_code == 200 and f'name="message_id" value="{message}"' in form.text
    data = {
        "title": "Call back",
        "due_on": "2099-03-24",
        "due_time": "10:30",
        "remind": "30",
        "repeat": "weekly",
        "interval": "2",
        "weekday": ["1"],
        "message_id": message,
        "conversation_id": str(conversation),
        "assignee_id": story.admin.id,
    }
    shown = await browser.post("/tasks/new", data=data | {"preview": "1"})
    assert "Every second Tuesday" in shown.text and not await Task.exists().where(Task.title == "Call back")
    assert (await browser.post("/tasks/new", data=data)).status_code == 303
    (task,) = await Task.select().where(Task.title == "Call back")
    assert (task["recurrence"], str(task["message_id"])) == ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", message)
    assert task["due_at"] - task["remind_at"] == timedelta(minutes=30)
    page = (await browser.get("/tasks?owner=all")).text
    assert "Every second Tuesday" in page and f"/inbox/{conversation}#m{message}" in page
    one = (await browser.get(f"/tasks/{task['id']}")).text
    assert 'value="10:30"' in one and f"/inbox/{conversation}#m{message}" in one
    month = (await browser.get("/tasks/calendar?on=2099-04-01&owner=all")).text
    assert month.count("Call back") == 2  # the 7th and the 21st, ahead
    week = (await browser.get("/tasks/calendar?mode=week&on=2099-03-24&owner=all")).text
    assert week.count("Call back") == 1
    form_again = data | {"title": "Call once", "version": str(task["version"]), "repeat": ""}
    assert (await browser.post(f"/tasks/{task['id']}", data=form_again)).status_code == 303
    stale = await browser.post(f"/tasks/{task['id']}", data=form_again | {"title": "Late"})
    assert stale.status_code == 409 and "Somebody has changed" in stale.text
    assert (await browser.post(f"/tasks/{task['id']}/delete")).status_code == 303
    assert (await browser.get(f"/tasks/{task['id']}")).status_code == 404


async def test_forms_refuse_in_words(story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)  # in Russian
    for data, sentence in (
        ({"title": "x", "repeat": "daily"}, "нужен срок"),
        ({"title": "x", "due_on": "soon"}, "не дата"),
        ({"title": "x", "due_on": "2030-01-01", "repeat": "keep", "rule": "FREQ=SECONDLY"}, "раз"),
        ({"title": "x", "due_on": "2030-01-01", "repeat": "daily", "ends": "count"}, "COUNT"),
        ({"title": "x", "contact": "Nobody at all"}, "Nobody at all"),
        ({"title": " "}, ""),
    ):
        answer = await browser.post("/tasks/new", data=data)
        assert answer.status_code == 422 and sentence in answer.text, data


async def test_views_of_the_list(shop: Crm, story: Story, browse: Browse, clock: TurnableClock) -> None:
    browser = await browse(ADMIN)
    now = clock()
    for title, due in (("Late", now - timedelta(days=2)), ("Soon", now + timedelta(days=9)), ("Free", None)):
        document = {"title": f"T-{title}", "due_at": due.isoformat() if due else None}
        await shop.records.create("task", document, actor=SYSTEM)
    found = {}
    for view in ("open", "today", "overdue", "upcoming", "done", "mine", "all"):
        answer = await browser.get(f"/tasks?view={view}&owner=all")
        assert answer.status_code == 200
        found[view] = [name for name in ("Late", "Soon", "Free") if f"T-{name}" in answer.text]
    assert found["open"] == found["all"] == ["Late", "Soon", "Free"]
    assert (found["overdue"], found["upcoming"], found["today"], found["done"]) == (
        ["Late"],
        ["Soon"],
        [],
        [],
    )
    for address in (
        "/tasks/calendar?on=nonsense",
        "/tasks/calendar?on=9999-12-31",
        "/tasks/calendar?mode=week",
    ):
        assert (await browser.get(address)).status_code == 200


async def test_the_bell_rings_and_is_answered(shop: Crm, story: Story, browse: Browse) -> None:
    admin, browser = await browse(ADMIN), await browse(AGENT)
    await browser.post("/notifications/read")
    await Notification.delete(force=True)
    assert "Уведомлений пока нет" in (await browser.get("/notifications")).text
    conversation = story.conversations[0]
    answer = await admin.post(f"/inbox/{conversation}/assign?view=all", data={"assignee": story.agent.id})
    assert answer.status_code == 303
    count = await browser.get("/notifications/count", headers={"x-crm-fragment": "1"})
    assert "1" in Page(count.text).shown
    listed = await browser.get("/notifications")
    opening = listed.text.partition("c-notes")[2].partition('action="/notifications/')[2].partition('"')[0]
    assert "назначает это вам" in listed.text and "data-unread" in listed.text
    opened = await browser.post(f"/notifications/{opening}")
    assert opened.headers["location"].startswith(f"/inbox/{conversation}")
    assert "data-unread" not in (await browser.get("/notifications")).text.partition("c-notes")[2]
    assert "Вы всё просмотрели" in (await browser.get("/notifications?view=unread")).text
    assert (await admin.post(f"/notifications/{opening}")).status_code == 404
    assert (await browser.post("/notifications/read")).status_code == 303
    chosen = await browser.post("/settings/profile/notifications", data={"by_mail": ["mentioned"]})
    assert chosen.status_code == 303
    ways = await shop.notifications.choices.of(UUID(story.agent.id))
    assert (ways["mentioned"].by_mail, ways["mentioned"].in_page, ways["assigned"].by_mail) == (
        True,
        False,
        False,
    )


async def test_the_inbox_is_in_the_order_that_was_asked_for(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    for sort in ("", "waiting", "due", "nonsense"):
        page = await browser.get(f"/inbox?view=all&sort={sort}")
        assert page.status_code == 200
        kept = f"sort={sort}" in page.text.partition('id="convs"')[2]
        assert kept == (sort in ("waiting", "due"))
    # A task of the first conversation is due: it stands first, and its row says so.
    first = (await browser.get("/inbox?view=all&sort=due")).text.partition('id="convs"')[2]
    assert first.index(str(story.conversations[0])) < first.index("A task is due")
