"""The variant in force: how the sockets of this process come and go."""

from core.config import config

if config.variant == "channels":
    from core.session_channels import ChannelsSession as Variant
else:
    from core.session_direct import DirectSession as Variant

__all__ = ["Variant"]
