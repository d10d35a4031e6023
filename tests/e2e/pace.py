"""A server for the program to start; each request takes PACE seconds of waiting and BURN seconds of CPU time; it
holds HOLD MiB."""

import asyncio
import os
import time

PACE = float(os.environ.get("PACE", "0.002"))
BURN = float(os.environ.get("BURN", "0"))
HELD = bytearray(b"x") * (int(os.environ.get("HOLD", "0")) << 20)


def burn():
    until = time.process_time() + BURN
    while time.process_time() < until:
        pass


async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(PACE)
            burn()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"]))
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
