"""Python's websockets against ws4wasm. A JSON task on stdin, JSON lines on stdout.

Task "serve": an echo server; prints its port, and then, for each connection, how it ended.
Task "talk": a client that expects echoes, then closes; prints what went wrong and how it ended.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


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
            await ws.send(["one ", "two ", "three"])
        else:
            await ws.send(message)


async def serve_echo(_):
    async with serve(
        echo, "127.0.0.1", 0, max_size=None, compression=None, subprotocols=["b", "a"]
    ) as server:
        say(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


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
asyncio.run({"serve": serve_echo, "talk": talk}[task["task"]](task))
