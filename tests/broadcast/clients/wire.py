"""What the clients share: sessions over HTTP as WHIP and WHEP have them, and lines of JSON to who started them."""

import asyncio
import json
import signal
import sys
import time
from urllib.parse import urljoin

import aiohttp

STARTED = time.monotonic()


def tell(event, **more):
    """Prints one line: what happened, and how many milliseconds after the start."""
    line = {"event": event, "at": round((time.monotonic() - STARTED) * 1000), **more}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def told_to_stop():
    """Waits for SIGTERM, SIGINT or the end of standard input."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)

    def readable():
        if not sys.stdin.buffer.read1(65536):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), readable)
    await stop.wait()


class Session:
    """One WHIP or WHEP session: its offer, its answer, its end."""

    def __init__(self, http, url, token, **labels):
        self.http = http
        self.url = url
        self.labels = labels
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.location = None

    async def open(self, pc):
        """POSTs the connection's offer and applies the answer; tells and gives False when it is refused."""
        await pc.setLocalDescription(await pc.createOffer())
        headers = {**self.headers, "Content-Type": "application/sdp"}
        offer = pc.localDescription.sdp
        async with self.http.post(self.url, data=offer.encode(), headers=headers) as response:
            body = await response.text()
            if response.status != 201:
                self.tell("refused", status=response.status, type=response.content_type, body=body)
                return False
            self.location = urljoin(str(response.url), response.headers["Location"])
            names = ("Location", "ETag", "Link", "Content-Type")
            self.tell("answered", status=201, headers={name: response.headers.get(name) for name in names}, sdp=body)
        from aiortc import RTCSessionDescription

        await pc.setRemoteDescription(RTCSessionDescription(sdp=body, type="answer"))
        return True

    async def close(self):
        """DELETEs the session."""
        if self.location is None:
            return
        try:
            async with self.http.delete(self.location, headers=self.headers) as response:
                self.tell("deleted", status=response.status)
        except aiohttp.ClientError as error:
            self.tell("deleted", error=str(error))

    def tell(self, event, **more):
        tell(event, **self.labels, **more)
