"""Pages beside the list of questions: the preview of an import, and the workbook to fill in."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Branch
from accounts.roster.sheets import XLSX
from core.errors import DomainError
from core.files import ProtectedFile
from learning.actions import question_files as actions
from learning.actions.editing import WRITE
from learning.bank.comparing import CHANGED, NEW, SAME
from learning.bank.excel import template

SHOWN = 200  # rows of each list

_LABELS = {NEW: "新增", CHANGED: "修改", SAME: "没有变化"}


class ImportPages:
    """Mixed into the page of questions."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "import/<uuid:pk>/",
                view(require_http_methods(["GET", "HEAD", "POST"])(self.import_view)),
                name="learning_question_import",
            ),
            path("template/", view(require_safe(self.template_view)), name="learning_question_template"),
            *super().get_urls(),
        ]

    def template_view(self, request):
        """The workbook to fill in."""
        if WRITE not in request.user.rights:
            raise Http404
        response = HttpResponse(template(), content_type=XLSX)
        response["Content-Disposition"] = (
            "attachment; filename*=UTF-8''%E9%A2%98%E7%9B%AE%E6%A8%A1%E6%9D%BF.xlsx"
        )
        return response

    def import_view(self, request, pk):
        """One's own upload: what every question would become, then writing it."""
        if WRITE not in request.user.rights:
            raise Http404
        files = ProtectedFile.objects.visible_to(request.user).filter(purpose=actions.IMPORT)
        chosen = {
            "file": get_object_or_404(files, pk=pk),
            "form": request.GET.get("form", ""),
            "by": request.user,
        }
        branch = request.GET.get("branch", "")
        chosen["branch"] = get_object_or_404(
            Branch.objects.where(request.user, WRITE), pk=branch if branch.isdecimal() else 0
        )
        refusal = None
        if request.method == "POST":
            try:
                done = actions.import_questions(**chosen, only_good="only_good" in request.POST)
            except DomainError as error:
                refusal = error
            else:
                messages.success(
                    request,
                    f"已导入：新增 {done.added} 题，修改 {done.changed} 题，没有变化 {done.same} 题。",
                )
                return redirect(self.page_url())
        rows, problems = actions.preview(**chosen)
        states = [row.state for row in rows]
        context = {
            **self.admin_site.each_context(request),
            "title": "核对题目",
            "opts": self.opts,
            "file": chosen["file"],
            "branch": chosen["branch"],
            "refusal": refusal,
            "counts": [(label, states.count(state)) for state, label in _LABELS.items()],
            "rows": [(row, _LABELS[row.state]) for row in rows[:SHOWN]],
            "row_count": len(rows),
            "problems": problems[:SHOWN],
            "problem_count": len(problems),
            "shown": SHOWN,
            "back": self.page_url(),
        }
        return TemplateResponse(
            request, "admin/learning/question_import.html", context, status=refusal.status if refusal else 200
        )
