from django.urls import path

from accounts.views import feedback, groups, my_data, sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/choice/", sign_in.Choice.as_view(), name="sign_in_choice"),
    path("sign-in/scan/", sign_in.scan, name="sign_in_scan"),
    path("sign-in/wecom/", sign_in.come_back, name="sign_in_return"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("admin/login/", sign_in.back_office),
    path("WW_verify_<slug:token>.txt", sign_in.trusted_domain),
    path("me/data/", my_data.my_data, name="my_data"),
    path("feedback/", feedback.feedback, name="feedback"),
    path("talk-groups/<int:pk>/chat/", groups.make_chat, name="make_chat"),
    path("talk-groups/<int:pk>/chat/config/", groups.chat_config, name="chat_config"),
    path("feedback/<int:pk>/close/", feedback.close, name="close_feedback"),
]
