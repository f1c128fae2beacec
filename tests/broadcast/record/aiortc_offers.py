"""POSTs what aiortc offers. Usage, under catch.mjs: python aiortc_offers.py publish|view URL"""

import asyncio
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack


def publish(pc):
    pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    pc.addTransceiver(VideoStreamTrack(), direction="sendonly")


def view(pc):
    pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")


async def main(prepare, url):
    pc = RTCPeerConnection()
    prepare(pc)
    await pc.setLocalDescription(await pc.createOffer())
    offer = Request(url, pc.localDescription.sdp.encode(), {"Content-Type": "application/sdp"})
    try:
        urlopen(offer)
    except HTTPError as refused:
        print(refused.code)
    await pc.close()


asyncio.run(main({"publish": publish, "view": view}[sys.argv[1]], sys.argv[2]))
