"""Property tests judge what is computed, not how busy the machine is that computes it."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
