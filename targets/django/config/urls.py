from core.features import urlpatterns

__all__ = ["urlpatterns"]

handler400 = "core.methods.handler400"
handler404 = "core.methods.handler404"
handler500 = "core.methods.handler500"
