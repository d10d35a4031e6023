"""What a module of routes/ may need: see core/features.py."""

EVENT_LOOP = "event loop"
ONE_PROCESS = "one process"
