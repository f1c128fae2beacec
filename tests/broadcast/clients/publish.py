"""Publishes a moving picture and a tone through WHIP. Lines of JSON tell what happens; SIGTERM or the end of input ends it.

publish.py URL [--token T] [--video VP8|H264] [--size WIDTHxHEIGHT] [--rate FPS]

`answered`, `refused`, `state`, `sent` (four a second), `deleted`.
"""

import argparse
import asyncio
import fractions
import math

import aiohttp
import numpy
from aiortc import RTCPeerConnection, RTCRtpSender
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

from wire import Session, told_to_stop

RATE = 48_000
TONE = 440


class Picture(VideoStreamTrack):
    """A bar that walks over a grey ground."""

    def __init__(self, width, height, rate):
        super().__init__()
        self.shape = (height, width, 3)
        self.rate = rate
        self.count = 0
        self.start = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self.start = self.start if self.start is not None else loop.time()
        await asyncio.sleep(max(0, self.start + self.count / self.rate - loop.time()))
        image = numpy.full(self.shape, 96, numpy.uint8)
        at = self.count * 8 % (self.shape[1] - 16)
        image[:, at : at + 16] = (240, 200, 40)
        frame = VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = self.count * 90_000 // self.rate
        frame.time_base = fractions.Fraction(1, 90_000)
        self.count += 1
        return frame


class Tone(AudioStreamTrack):
    async def recv(self):
        silence = await super().recv()
        count = silence.samples * RATE // silence.sample_rate
        start = silence.pts * RATE // silence.sample_rate
        wave = numpy.sin((start + numpy.arange(count)) * (2 * math.pi * TONE / RATE)) * 8_000
        frame = AudioFrame.from_ndarray(wave.astype(numpy.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = start
        frame.time_base = fractions.Fraction(1, RATE)
        return frame


def prefer(transceiver, name):
    wanted = (f"video/{name}".lower(), "video/rtx")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() in wanted])


async def count(session, pc):
    while True:
        await asyncio.sleep(0.25)
        stats = (await pc.getStats()).values()
        out = [one for one in stats if one.type == "outbound-rtp"]
        session.tell("sent", **{one.kind: one.packetsSent for one in out})


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--token")
    parser.add_argument("--video", choices=["VP8", "H264"], default="VP8")
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--rate", type=int, default=15)
    return parser.parse_args()


async def main():
    options = arguments()
    pc = RTCPeerConnection()
    async with aiohttp.ClientSession() as http:
        session = Session(http, options.url, options.token)
        pc.on("connectionstatechange", lambda: session.tell("state", state=pc.connectionState))
        pc.addTransceiver(Tone(), direction="sendonly")
        width, height = map(int, options.size.split("x"))
        prefer(pc.addTransceiver(Picture(width, height, options.rate), direction="sendonly"), options.video)
        stop = asyncio.create_task(told_to_stop())
        if await session.open(pc):
            counting = asyncio.create_task(count(session, pc))
            await stop
            counting.cancel()
        await session.close()
        await pc.close()


asyncio.run(main())
