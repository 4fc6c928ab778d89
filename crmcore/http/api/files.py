"""Files over HTTP: uploaded once, named by their id from then on."""

from typing import TYPE_CHECKING

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.errors import Forbidden, Invalid
from crmcore.files.described import described
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.file_answers import file_answer, thumbnail_answer
from crmcore.http.listing import id_of
from crmcore.http.multipart import MULTIPART, read_parts
from crmcore.http.operation import Operation, Schema, Success, path_id, reference
from crmcore.http.refusals import UnsupportedMedia
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

INPUT = "file"
UPLOAD: Schema = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "format": "binary", "description": "The file, with its name."}},
    "required": [INPUT],
    "additionalProperties": False,
}

_NO_FILE: Label = {
    "en": "Send one file in a part named “file”, and nothing else.",
    "ru": "Отправьте один файл в части с именем «file», и ничего больше.",
}
_WRITES_NOTHING: Label = {
    "en": "Who uploads files must be allowed to write records.",
    "ru": "Загружать файлы может тот, кому разрешено изменять записи.",
}


def file_operations(crm: "Crm") -> list[Operation]:
    """Return the upload of a file, its download and its small picture."""

    async def upload(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        demand_writer(crm, actor)
        if request.content_type[0] != MULTIPART:
            raise UnsupportedMedia(
                {
                    "en": "Send the file as multipart/form-data, not as “{given}”.",
                    "ru": "Отправьте файл как multipart/form-data, а не как «{given}».",
                },
                given=request.content_type[0][:80],
            )
        with await read_parts(request, crm.files, many=1) as sent:
            if sent.refused:
                raise Invalid(problems=tuple(sent.refused.values()))
            if sent.texts or [name for name, _ in sent.files] != [INPUT]:
                raise Invalid(problems=(Problem(path=f"/{INPUT}", code="no_file", message=_NO_FILE),))
            try:
                row = await crm.files.keep(sent.files[0][1], actor=actor)
            except InvalidValue as refused:
                raise Invalid(problems=(refused.problem(f"/{INPUT}"),)) from refused
        document = described(row)
        return Answer(status=201, body=document, headers={"Location": document["url"]})

    async def download(request: CrmRequest) -> Answer:
        row = await crm.files.get(id_of(request), actor=actor_of(request))
        return file_answer(request, crm.files, row)

    async def thumbnail(request: CrmRequest) -> Answer:
        row = await crm.files.get(id_of(request), actor=actor_of(request))
        return await thumbnail_answer(request, crm.files, row)

    one = (path_id(description="The file's id."),)
    return [
        Operation(
            id="upload_file",
            method="POST",
            path="/api/files",
            tag="files",
            summary="Upload a file",
            description=(
                "One file, by default at most 20 MB. Its content must be what its name says; pictures are drawn anew "
                "without their metadata. Give the `id` to a field of the type `file` or to a message within a day: "
                "what hangs on nothing by then is removed. Needs a right to write records."
            ),
            anyone=True,
            body=UPLOAD,
            body_media_type=MULTIPART,
            success=Success(
                status=201, schema=reference("File"), headers=("Location",), description="It is stored."
            ),
            refusals=(400, 403, 413, 415, 422, 429),
            handler=upload,
        ),
        Operation(
            id="download_file",
            method="GET",
            path="/api/files/{id:str}",
            tag="files",
            summary="Download a file",
            description=(
                "For whom may see the record that the file hangs on. Always to be saved under its name; one `Range` "
                "is honoured, and `If-None-Match`."
            ),
            anyone=True,
            parameters=one,
            success=Success(description="The file.", headers=("ETag",)),
            others=(
                Success(status=206, description="The range asked for.", headers=("ETag",)),
                Success(status=304, description="It is the one you have.", headers=("ETag",)),
            ),
            refusals=(404,),
            handler=download,
        ),
        Operation(
            id="get_thumbnail",
            method="GET",
            path="/api/files/{id:str}/thumbnail",
            tag="files",
            summary="Read the small picture of a picture",
            description="At most 320 by 320 pixels, PNG or JPEG.",
            anyone=True,
            parameters=one,
            success=Success(description="The picture.", headers=("ETag",)),
            others=(Success(status=304, description="It is the one you have.", headers=("ETag",)),),
            refusals=(404,),
            handler=thumbnail,
        ),
    ]


def demand_writer(crm: "Crm", actor: Actor) -> None:
    """Raise Forbidden when ``actor`` may write no record at all: files of theirs could hang on nothing."""
    if not any(actor.may(f"{key}.write") for key in crm.records.types):
        raise Forbidden(_WRITES_NOTHING)
