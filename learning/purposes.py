"""Why learning holds what it holds about a person (``domain.md`` C1, C16)."""

from accounts.purposes import AGREED, Purpose, fields

ANSWERS_KEPT = "答案保存 12 个月，得分保存到离校后一年"
LEARNER_ONLY = "只有你自己"
WRITTEN = "写明谁写、谁审，内容由两个人负责"
READERS = "看得到这份内容的人看不到作者和审核人；编辑和审核人看得到"

PURPOSES = [
    Purpose(
        "收到和打开的推送",
        "learning.Reading",
        fields("item person is_recipient opened_on"),
        "让你找得到读过的内容；只记哪一天打开过，不记读了多久",
        "只有你自己；编辑只看得到总人数",
        "在校期间保存",
        shown=("item", "opened_on"),
    ),
    Purpose(
        "订阅的专题",
        "learning.Subscription",
        fields("topic person created_at"),
        "专题有新内容时告诉你",
        LEARNER_ONLY,
        "取消订阅或离校后删除",
        basis=AGREED,
        shown=("topic", "created_at"),
    ),
    Purpose(
        "课程进度",
        "learning.LessonProgress",
        fields("person course lesson_key opened_at finished_at spot"),
        "下次接着学；上次的位置只用来接着看，不作为学完的依据，不记学了多久",
        LEARNER_ONLY,
        "离校后删除",
        shown=("course", "opened_at", "finished_at"),
    ),
    Purpose(
        "课程结业",
        "learning.Completion",
        fields("person course version branch_name completed_at confirmed_at confirmed_by"),
        "证明你学完了哪一版课程，课程更新也不会收回",
        "你自己，所在支部和学院负责学习的人",
        "到离校后一年",
        shown=("version", "completed_at", "confirmed_at"),
    ),
    Purpose(
        "答卷",
        "learning.Attempt",
        fields(
            "quiz person number is_practice branch_name state started_at ends_at closed_at closed_by key score "
            "full passed"
        ),
        "判分，让你看到解析",
        "得分只有你自己看得到；负责学习的人只看得到做完没有，五个人以上才有平均分",
        ANSWERS_KEPT,
        shown=("quiz", "closed_at", "score"),
    ),
    Purpose(
        "错题本",
        "learning.Mistake",
        fields("person question card due_at successes added_at left_at"),
        "隔一段时间再练一次答错的题",
        LEARNER_ONLY,
        "连续答对两次就移出，离校后删除",
        shown=("question", "due_at", "left_at"),
    ),
    Purpose(
        "学习任务",
        "learning.Assignee",
        fields("assignment person added_at done_at removed_at"),
        "知道谁该学什么、做完没有",
        "你自己，所在支部和上级组织里负责学习的人",
        "到离校后一年",
        shown=("assignment", "done_at"),
    ),
    Purpose(
        "提醒过谁",
        "learning.Nudge",
        fields("assignee number by at"),
        "一项任务最多提醒两次，隔 48 小时；被提醒的人看得到是谁提醒的",
        "提醒的人，被提醒的人",
        "到离校后一年",
        person="by",
        shown=("assignee", "at"),
    ),
    Purpose(
        "布置的学习任务",
        "learning.Assignment",
        fields("branch course quiz audience due_at created_by created_at withdrawn_at is_demo"),
        "写明谁布置的",
        "被布置的人，所在组织负责学习的人",
        "长期",
        person="created_by",
        shown=("created_at", "due_at"),
    ),
    Purpose(
        "写的和审的推送内容",
        "learning.Item",
        fields(
            "branch column topic title summary body text source minutes cover images audience only_subscribers "
            "state author changed_by reviewer reviewed_at review_note scheduled_at sent_at withdrawn_at withdrawn_by "
            "withdraw_reason created_at changed_at version is_demo"
        ),
        WRITTEN,
        READERS,
        "长期",
        person="author",
        shown=("title", "state", "sent_at"),
    ),
    Purpose(
        "值班",
        "learning.DutyWeek",
        fields("branch monday editor"),
        "知道哪一周由谁照看推送",
        "同一组织的编辑",
        "长期",
        person="editor",
        shown=("monday",),
    ),
    Purpose(
        "写的和审的题目",
        "learning.QuestionVersion",
        fields(
            "question number kind stem options answer explanation basis paragraph image valid_from valid_until "
            "state author reviewer reviewed_at review_note created_at"
        ),
        WRITTEN,
        READERS,
        "长期",
        person="author",
        shown=("question", "number", "state"),
    ),
    Purpose(
        "写的和审的课程",
        "learning.CourseVersion",
        fields(
            "course number title summary cover test_draw test_pass blueprint same_order state author reviewer "
            "reviewed_at review_note published_at created_at"
        ),
        WRITTEN,
        READERS,
        "长期",
        person="author",
        shown=("title", "number", "state"),
    ),
    Purpose(
        "撤下的课程",
        "learning.Course",
        fields(
            "branch series position topic audience current withdrawn_at withdrawn_by withdraw_reason created_at is_demo"
        ),
        "写明谁撤下、为什么",
        READERS,
        "长期",
        person="withdrawn_by",
        shown=("withdrawn_at", "withdraw_reason"),
    ),
    Purpose(
        "撤下的测评",
        "learning.Quiz",
        fields(
            "kind branch period course_version title audience opens_at closes_at seconds attempts pass_percent "
            "same_order half_marks created_at is_late withdrawn_at withdrawn_by withdraw_reason is_demo"
        ),
        "写明谁撤下、为什么",
        READERS,
        "长期",
        person="withdrawn_by",
        shown=("title", "withdrawn_at", "withdraw_reason"),
    ),
    Purpose(
        "上传的图片、视频和文件",
        "learning.Media",
        fields(
            "branch kind name file content_type size sha256 width height pages alt uploaded_by created_at is_demo"
        ),
        "写明谁上传的；图片里的拍摄地点等信息上传时已经去掉",
        READERS,
        "内容在用时一直保存",
        person="uploaded_by",
        shown=("name", "created_at"),
    ),
]
