"""Python's websockets against ws4wasm. A JSON task on stdin, JSON lines on stdout.

Task "serve": an echo server; prints its port, and then, for each connection, how it ended. With
"deflate", a list of options of compression, it is one server for each of them.
Task "join": a client that echoes, for each line with a URL and options of compression that
follows; prints how it ended, or what was wrong with the handshake.
Task "talk": a client that expects echoes, then closes; prints what went wrong and how it ended.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)


def say(value):
    print(json.dumps(value), flush=True)


async def echo(ws):
    try:
        await answer(ws)
    except ConnectionClosed:
        pass
    await ws.wait_closed()
    say({"code": ws.close_code, "reason": ws.close_reason, "protocol": ws.subprotocol})


async def answer(ws):
    async for message in ws:
        if message == "close":
            await ws.close(4002, "as you wish")
        elif message == "ping":
            await (await ws.ping(b"from python"))
            await ws.send("pong came")
        elif message == "fragments":
            await ws.send(pieces(ws))
        elif message == "parameters":
            await ws.send(json.dumps(parameters(ws)))
        else:
            await ws.send(message)


async def pieces(ws):
    yield "one "
    await (await ws.ping(b"in between"))
    yield "two "
    yield "three"


def parameters(ws):
    """What is agreed on of permessage-deflate: for each side, the server's first."""
    for extension in ws.protocol.extensions:
        remote = [extension.remote_no_context_takeover, extension.remote_max_window_bits]
        local = [extension.local_no_context_takeover, extension.local_max_window_bits]
        return [remote, local] if ws.protocol.side.name == "CLIENT" else [local, remote]
    return None


def compression(factory, options):
    """None for no compression."""
    extensions = None if options is None else [factory(**options)]
    return {"compression": None, "extensions": extensions, "max_size": None}


def next_line():
    return asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def serve_echo(task):
    async with AsyncExitStack() as stack:
        for options in task.get("deflate", [None]):
            settings = compression(ServerPerMessageDeflateFactory, options)
            server = await stack.enter_async_context(
                serve(echo, "127.0.0.1", 0, subprotocols=["b", "a"], **settings)
            )
            say(server.sockets[0].getsockname()[1])
        await next_line()


async def join(_):
    while line := await next_line():
        url, options = json.loads(line)
        settings = compression(ClientPerMessageDeflateFactory, options)
        try:
            async with connect(url, **settings) as ws:
                await echo(ws)
        except InvalidHandshake as error:
            say({"error": str(error)})


async def talk(task):
    wrong = []
    async with connect(task["url"], max_size=None, subprotocols=["x", "b"]) as ws:
        for sent in ["", "häß", "x" * 70_000, b"", bytes(range(256)) * 5000]:
            await ws.send(sent)
            if await ws.recv() != sent:
                wrong.append(repr(sent[:10]))
        await ws.send(["in ", "three ", "pieces"])
        if await ws.recv() != "in three pieces":
            wrong.append("fragments")
        await asyncio.wait_for(await ws.ping(b"from python"), 10)
        await ws.close(4003, "python")
    say({"wrong": wrong, "code": ws.close_code, "protocol": ws.subprotocol})


task = json.loads(sys.stdin.readline())
asyncio.run({"serve": serve_echo, "join": join, "talk": talk}[task["task"]](task))
