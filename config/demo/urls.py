from django.urls import path

from config.demo import views

app_name = "demo"
urlpatterns = [path("demo/inbox", views.inbox, name="inbox")]
