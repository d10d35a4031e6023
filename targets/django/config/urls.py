from core.features import features
from routes import chat, collab, echo, memory, spa, status, streaming

urlpatterns = [
    *status.urlpatterns,
    *echo.urlpatterns,
    *chat.urlpatterns,
    *collab.urlpatterns,
    *streaming.urlpatterns,
    *spa.urlpatterns,
    *memory.urlpatterns,
    *(pattern for feature in features for pattern in feature.urlpatterns),
    *spa.last_of_all,
]

handler400 = "core.methods.handler400"
handler404 = "core.methods.handler404"
handler500 = "core.methods.handler500"
