from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.feedback import WORKING_DAYS_TO_ANSWER, close_feedback, send_feedback
from accounts.models import Feedback
from core.errors import DomainError


class FeedbackForm(forms.Form):
    kind = forms.ChoiceField(
        label="类别",
        choices=Feedback.Kind.choices,
        error_messages={"required": "请选一个类别。", "invalid_choice": "请选一个类别。"},
    )
    text = forms.CharField(
        label="内容",
        max_length=1000,
        error_messages={"required": "请写几句话。", "max_length": "最多写 1000 个字。"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request):
    """意见和投诉: write, and see what became of what I wrote."""
    form = FeedbackForm(request.POST or None, initial={"kind": request.GET.get("kind", "suggestion")})
    if request.method == "POST" and form.is_valid():
        try:
            send_feedback(by=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已收到")
            return redirect("feedback")
    context = {
        "form": form,
        "kinds": Feedback.Kind.choices,
        "chosen": form["kind"].value(),
        "days": WORKING_DAYS_TO_ANSWER,
        "sent": Feedback.objects.filter(person=request.user).select_related("answered_by")[:20],
    }
    return render(request, "accounts/feedback.html", context, status=422 if form.errors else 200)


@require_POST
def close(request, pk):
    """The answer was good enough."""
    close_feedback(feedback=get_object_or_404(Feedback, pk=pk, person=request.user), by=request.user)
    messages.success(request, "已办结")
    return redirect("feedback")
