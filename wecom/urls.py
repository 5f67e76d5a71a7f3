app_name = "wecom"

urlpatterns: list = []
