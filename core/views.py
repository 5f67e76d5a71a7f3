from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core.audit.log import record
from core.errors import Missing
from core.files import ProtectedFile


@require_safe
def download(request, pk):
    """Hand a file to its owner, and write down that it left the house. For everybody else there is no such file."""
    kept = get_object_or_404(ProtectedFile.objects.visible_to(request.user), pk=pk)
    try:
        content = kept.file.open("rb")
    except FileNotFoundError as error:
        raise Missing("这个文件已经清理了，请重新导出一次。") from error
    record(request.user, "core.file_downloaded", kept, changed=[kept.purpose])
    return FileResponse(content, as_attachment=True, filename=kept.name, content_type=kept.content_type)
