"""Files of learning content, each only to those who may see what it stands in."""

import re

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core.errors import Missing
from learning.models import Media

_RANGE = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?", re.ASCII)
_AN_HOUR = "private, max-age=3600"
# Opened on its own a file may do nothing at all. A PDF needs the browser's own viewer, which a sandbox forbids.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_SANDBOX = f"{_POLICY}; sandbox"


@require_safe
def media(request, pk):
    """The file, or the part of it a player asks for (RFC 9110 §14). For who may not see it there is no such file."""
    row = get_object_or_404(Media.objects.visible_to(request.user), pk=pk)
    etag = f'"{row.sha256}"'
    if unchanged := get_conditional_response(request, etag=etag):
        unchanged["Cache-Control"] = _AN_HOUR
        return unchanged
    if row.size == 0:
        raise Missing
    part = _part_asked_for(request, row, etag)
    if part is not None and not part:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{row.size}"
        return response
    return _file(row, part, etag)


def _part_asked_for(request, row: Media, etag: str) -> range | None:
    """The bytes asked for: None for all of them, an empty range for some that do not exist.

    What is malformed, in other units or several ranges at once counts as not asked; so does a part of a file
    that is no longer the one the player knows.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not match or request.headers.get("If-Range", etag) != etag or match[0] == "bytes=-":
        return None
    first, last = (int(number) if number is not None else None for number in match.groups())
    if first is None:
        return range(max(row.size - last, 0), row.size)
    if last is not None and last < first:
        return None
    return range(first, min(last + 1 if last is not None else row.size, row.size))


def _file(row: Media, part: range | None, etag: str):
    try:
        content = row.file.open("rb")
    except FileNotFoundError as error:
        raise Missing from error
    body = _Part(content, part) if part is not None else content
    response = FileResponse(body, filename=row.name, content_type=row.content_type)
    response["Content-Length"] = row.size if part is None else len(part)
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{row.size}"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = _AN_HOUR
    response["Content-Security-Policy"] = _POLICY if row.kind == Media.Kind.PDF else _SANDBOX
    return response


class _Part:
    """Some bytes of an open file, to be read once."""

    def __init__(self, file, part: range):
        self.file, self.left = file, len(part)
        file.seek(part.start)

    def read(self, size: int) -> bytes:
        content = self.file.read(min(size, self.left))
        self.left -= len(content)
        return content

    def close(self):
        self.file.close()
