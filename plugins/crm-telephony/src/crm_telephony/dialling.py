"""The page on which somebody with several lines chooses by which to call."""

from crm_telephony import words
from crm_telephony.actions import NUMBER
from crm_telephony.lines import Line, lines_of
from crm_telephony.settings import CALL
from crmcore import ActionRef, Item, Items, Note, Page, PageContent, PageRequest, PluginContext, text_of

_TITLE = {"en": "Call {number}", "ru": "Позвонить: {number}"}
_NO_NUMBER = {"en": "There is no number to call.", "ru": "Номер для звонка не указан."}
_NO_LINE = {"en": "There is no line to call by.", "ru": "Нет линии для звонка."}
_BY = {"en": "{system}, phone {phone}", "ru": "{system}, телефон {phone}"}
_BUTTON = {"en": "Call", "ru": "Позвонить"}


async def load_lines(request: PageRequest, plugin: PluginContext) -> PageContent:
    """Return the lines of who asks, with a button each; the number stands in the path."""
    language, number = request.language, request.path
    if NUMBER.fullmatch(number) is None:
        return PageContent(blocks=(Note(text_of(_NO_NUMBER, language), "warn"),))
    user = request.actor.id if request.actor.kind in ("user", "token") else ""
    lines = await lines_of(user, plugin)
    return PageContent(
        title=text_of(_TITLE, language, number=number),
        blocks=(
            Note(text_of(words.CHOOSE_LINE, language)),
            Items(
                items=tuple(_item(line, number, language) for line in lines),
                empty=text_of(_NO_LINE, language),
            ),
        ),
    )


def _item(line: Line, number: str, language: str) -> Item:
    return Item(
        title=line.name,
        subtitle=text_of(_BY, language, system=line.account.name, phone=line.phone),
        actions=(ActionRef("call_by", text_of(_BUTTON, language), f"{number} {line.key}"),),
    )


DIAL_PAGE = Page(
    key="dial",
    title={"en": "Call", "ru": "Позвонить"},
    load=load_lines,
    icon="phone",
    menu=False,
    permission=CALL,
)
