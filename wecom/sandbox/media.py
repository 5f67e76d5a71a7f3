"""Temporary files: kept for three days."""

import base64
from urllib.parse import quote

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse

from wecom.sandbox.content import media as require_media
from wecom.sandbox.corp import corp, new_id
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Media
from wecom.sandbox.wire import APP, CONTACTS, Call, api

SMALLEST = 6  # "more than 5 bytes"
MEGABYTE = 1024 * 1024
LARGEST = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "file": 20 * MEGABYTE}


def _uploaded(call: Call, largest: int) -> UploadedFile:
    """The one uploaded file, whatever its part is called."""
    file = next(iter(call.request.FILES.values()), None)
    if not isinstance(file, UploadedFile) or not file.size:
        raise ApiError(44001)
    if file.size < SMALLEST:
        raise ApiError(40006)
    if file.size > largest:
        raise ApiError(45001)
    return file


@api("media/upload", scopes=(APP, CONTACTS))
def upload(call: Call) -> dict:
    kind = call.args.get("type", "")
    if kind not in LARGEST:
        raise ApiError(40004)
    file = _uploaded(call, LARGEST[kind])
    content = base64.b64encode(file.read()).decode()
    media = Media(new_id("", 40), kind, file.name or "", file.content_type or "", content, corp.clock.now())
    corp.media[media.media_id] = media
    return {"errmsg": "", "type": kind, "media_id": media.media_id, "created_at": str(int(media.created_at))}


@api("media/get", "GET", (APP, CONTACTS))
def get(call: Call) -> HttpResponse:
    require_media(call.need("media_id", 41006))
    media = corp.media[call.args["media_id"]]
    response = HttpResponse(base64.b64decode(media.content), content_type=media.content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(media.name)}"
    return response


@api("media/uploadimg")
def upload_image(call: Call) -> dict:
    file = _uploaded(call, 2 * MEGABYTE)
    return {"url": f"https://p.qpic.cn/sandbox/{new_id('', 12)}/{quote(file.name or '')}"}
