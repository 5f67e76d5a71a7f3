from django.contrib import admin

from accounts.admin.base import BranchFilter, ScopedAdmin
from learning.actions.editing import WRITE
from learning.admin.steps.topics import AddTopic, ChangeTopic
from learning.models import Topic


@admin.register(Topic)
class TopicAdmin(ScopedAdmin):
    view_right = WRITE
    branch_field = "branch"
    list_display = ["name", "branch", "since", "until", "position"]
    list_select_related = ["branch"]
    list_filter = [BranchFilter]
    search_fields = ["name"]
    ordering = ["position", "-pk"]
    fields = ["name", "branch", "intro", ("since", "until"), "position"]
    list_steps = (AddTopic,)
    row_steps = (ChangeTopic,)
