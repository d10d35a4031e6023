from core.features import features
from routes import chat, collab, echo, memory, status

urlpatterns = [
    *status.urlpatterns,
    *echo.urlpatterns,
    *chat.urlpatterns,
    *collab.urlpatterns,
    *memory.urlpatterns,
    *(pattern for feature in features for pattern in feature.urlpatterns),
]

handler400 = "core.methods.handler400"
handler404 = "core.methods.handler404"
handler500 = "core.methods.handler500"
