from routes import chat, collab, echo, status

urlpatterns = [*status.urlpatterns, *echo.urlpatterns, *chat.urlpatterns, *collab.urlpatterns]

handler400 = "core.methods.handler400"
handler404 = "core.methods.handler404"
handler500 = "core.methods.handler500"
