from django.urls import path

from learning.views import attempts, courses, home, items, media, mistakes, progress, quizzes, search, topics

app_name = "learning"

urlpatterns = [
    path("", home.home, name="home"),
    path("quizzes/<int:pk>/", quizzes.quiz, name="quiz"),
    path("attempts/<int:pk>/", attempts.attempt, name="attempt"),
    path("attempts/<int:pk>/result/", attempts.result, name="result"),
    path("items/", items.item_list, name="items"),
    path("items/<int:pk>/", items.item, name="item"),
    path("items/<int:pk>/opened/", items.opened, name="opened"),
    path("mistakes/", mistakes.mistakes, name="mistakes"),
    path("mistakes/practice/", mistakes.practice, name="practice"),
    path("mistakes/<int:pk>/", mistakes.mistake, name="mistake"),
    path("search/", search.search, name="search"),
    path("progress/", progress.task_list, name="progress"),
    path("progress/<int:pk>/", progress.task, name="progress_of"),
    path("progress/<int:pk>/export/", progress.export, name="progress_export"),
    path("progress/<int:pk>/nudge/", progress.nudge_people, name="nudge"),
    path("tasks/", progress.own_tasks, name="tasks"),
    path("topics/", topics.topic_list, name="topics"),
    path("topics/<int:pk>/", topics.topic, name="topic"),
    path("topics/<int:pk>/subscribe/", topics.subscribe, name="subscribe"),
    path("topics/<int:pk>/unsubscribe/", topics.unsubscribe, name="unsubscribe"),
    path("courses/", courses.courses, name="courses"),
    path("courses/<int:pk>/", courses.course, name="course"),
    path("courses/<int:pk>/lessons/<uuid:key>/", courses.lesson, name="lesson"),
    path("courses/<int:pk>/lessons/<uuid:key>/finish/", courses.finish, name="finish_lesson"),
    path("courses/<int:pk>/lessons/<uuid:key>/spot/", courses.spot, name="spot"),
    path("media/<uuid:pk>/", media.media, name="media"),
    path("record/", courses.record, name="record"),
]
