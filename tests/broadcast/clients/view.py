"""Watches through WHEP and counts what it decodes. Lines of JSON tell what happens; SIGTERM or the end of input ends it.

view.py URL [--token T] [--count N] [--every SECONDS] [--audio-only]

`answered`, `refused`, `state`, `first` (of a kind), `key` (a key frame, by the checksum of its picture), `count` (four a second),
`ended` (a track), `deleted`.
"""

import argparse
import asyncio
import zlib

import aiohttp
from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamError

from wire import Session, told_to_stop

AUDIBLE = 200


class Viewer:
    def __init__(self, http, options, number):
        self.session = Session(http, options.url, options.token, viewer=number)
        self.pc = RTCPeerConnection()
        self.counts = {"video": 0, "changed": 0, "samples": 0, "audible": 0}
        self.size = None
        self.picture = None
        self.tasks = []
        for kind in ("audio",) if options.audio_only else ("video", "audio"):
            self.pc.addTransceiver(kind, direction="recvonly")
        self.pc.on("track", self.on_track)
        self.pc.on("connectionstatechange", self.on_state)

    async def open(self):
        if not await self.session.open(self.pc):
            await self.pc.close()
            return
        self.tasks.append(asyncio.create_task(self.count()))

    def on_track(self, track):
        self.tasks.append(asyncio.create_task(self.receive(track)))

    def on_state(self):
        self.session.tell("state", state=self.pc.connectionState)

    async def receive(self, track):
        see = self.see if track.kind == "video" else self.hear
        first = True
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                self.session.tell("ended", kind=track.kind)
                return
            see(frame)
            if first:
                self.session.tell("first", kind=track.kind, size=self.size, picture=self.picture)
                first = False

    def see(self, frame):
        self.counts["video"] += 1
        self.size = [frame.width, frame.height]
        picture = zlib.crc32(bytes(frame.planes[0]))
        self.counts["changed"] += picture != self.picture
        self.picture = picture
        if frame.key_frame:
            self.session.tell("key", picture=picture)

    def hear(self, frame):
        self.counts["samples"] += frame.samples
        if abs(frame.to_ndarray()).max() > AUDIBLE:
            self.counts["audible"] += frame.samples

    async def count(self):
        while True:
            await asyncio.sleep(0.25)
            self.session.tell("count", **self.counts, size=self.size, packets=await self.packets())

    async def packets(self):
        """Packets that arrived at the transport, and those of them that could be decrypted and belong to a stream."""
        stats = (await self.pc.getStats()).values()
        arrived = next((one.packetsReceived for one in stats if one.type == "transport"), 0)
        return [arrived, sum(one.packetsReceived for one in stats if one.type == "inbound-rtp")]

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await self.session.close()
        await self.pc.close()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--token")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--every", type=float, default=0)
    parser.add_argument("--audio-only", action="store_true")
    return parser.parse_args()


async def main():
    options = arguments()
    async with aiohttp.ClientSession() as http:
        viewers = [Viewer(http, options, number) for number in range(options.count)]
        stop = asyncio.create_task(told_to_stop())
        for viewer in viewers:
            await viewer.open()
            await asyncio.sleep(options.every)
        await stop
        await asyncio.gather(*(viewer.close() for viewer in viewers))


asyncio.run(main())
