from core.features import features
from routes import echo, status

urlpatterns = [
    *status.urlpatterns,
    *echo.urlpatterns,
    *(pattern for feature in features for pattern in feature.urlpatterns),
    *(pattern for feature in features for pattern in feature.fallback),
]

handler400 = "core.methods.handler400"
handler404 = "core.methods.handler404"
handler500 = "core.methods.handler500"
