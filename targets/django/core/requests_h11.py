"""What core/requests.py is for httptools, for h11: HTTP in Python alone."""

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.timed import Timed


class HttpProtocol(Timed, H11Protocol):
    def handle_events(self):
        super().handle_events()
        if self.scope:  # the request's task, if there is a new one, has yet to begin
            self.scope["extensions"] = self.connection()
        if self.transport.get_protocol() is not self:
            return self.watch(False)  # it is a WebSocket by now
        state, (rest, _) = self.conn.their_state, self.conn.trailing_data
        self.watch(state is h11.SEND_BODY or (state is h11.IDLE and rest != b""))
