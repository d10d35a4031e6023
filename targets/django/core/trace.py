"""For the conformance suite (TRACE_STATEMENTS=1): which statements a request
took, as the header x-statements. Without it nothing is noted."""

import re
from contextlib import ExitStack

from django.db import connections

STATEMENT = re.compile(r'\s*(?:(INSERT)(?: OR IGNORE)? INTO|(UPDATE)|(DELETE) FROM|(SELECT).*?\bFROM)\s+"?(\w+)', re.DOTALL)


def traced(handler):
    def wrapper(request, **parameters):
        noted = []

        def note(execute, sql, params, many, context):
            if found := STATEMENT.match(sql):  # BEGIN and the like are not
                noted.append(" ".join(filter(None, found.groups())))
            return execute(sql, params, many, context)

        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(note))
            response = handler(request, **parameters)
        response["x-statements"] = ", ".join(noted)
        return response

    return wrapper
