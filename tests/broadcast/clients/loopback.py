"""The least of a WHIP and WHEP server, of aiortc: proves the other clients without the server they are for.

Decodes what is published and encodes it anew for each viewer; knows one broadcast, and nothing of trickling or errors.
Prints `listening` with its address.
"""

import asyncio
import uuid

from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from wire import tell, told_to_stop

relay = MediaRelay()
tracks = {}
sessions = {}


async def answer(request, pc):
    await pc.setLocalDescription(await pc.createAnswer())
    session = str(uuid.uuid4())
    sessions[session] = pc
    headers = {"Location": f"/session/{session}", "ETag": f'"{session}"'}
    return web.Response(status=201, text=pc.localDescription.sdp, content_type="application/sdp", headers=headers)


async def offered(request):
    pc = RTCPeerConnection()
    return pc, RTCSessionDescription(sdp=await request.text(), type="offer")


async def publish(request):
    pc, offer = await offered(request)
    pc.on("track", lambda track: tracks.__setitem__(track.kind, track))
    await pc.setRemoteDescription(offer)
    return await answer(request, pc)


async def view(request):
    pc, offer = await offered(request)
    for track in tracks.values():
        pc.addTrack(relay.subscribe(track))
    await pc.setRemoteDescription(offer)
    return await answer(request, pc)


async def end(request):
    pc = sessions.pop(request.match_info["session"], None)
    if pc is not None:
        await pc.close()
    return web.Response(status=200)


async def main():
    app = web.Application()
    app.add_routes([
        web.post("/whip/{id}", publish),
        web.post("/whep/{id}", view),
        web.delete("/session/{session}", end),
    ])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tell("listening", url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    await told_to_stop()
    for pc in sessions.values():
        await pc.close()
    await runner.cleanup()


asyncio.run(main())
