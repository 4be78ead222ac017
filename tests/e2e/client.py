"""Talks to the echo server with Python's websockets. A JSON task on stdin, JSON on stdout.

Task "converse": sends all payloads, pings, closes; prints what went wrong and how it closed.
Task "wait": prints "open", waits until the server closes, prints code and reason.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


def build(payload):
    if "text" in payload:
        return payload["text"] * payload.get("times", 1)
    return bytes((i + (i >> 8)) & 255 for i in range(payload["bytes"]))


def pieces(message, count):
    size = max(1, -(-len(message) // count))
    return [message[i : i + size] for i in range(0, len(message), size)]


async def converse(task):
    wrong = []
    async with connect(task["url"], max_size=None) as ws:

        async def check(name, sent, expected):
            await ws.send(sent)
            if await ws.recv() != expected:
                wrong.append(name)

        messages = [(payload["name"], build(payload)) for payload in task["payloads"]]
        for name, message in messages:
            await check(name, message, message)
            if message:
                await check(f"{name}, in fragments", pieces(message, 7), message)
        # All at once, so that the server gets many frames in one read.
        await asyncio.gather(*(ws.send(message) for _, message in messages))
        for name, message in messages:
            if await ws.recv() != message:
                wrong.append(f"{name}, pipelined")
        for payload in (b"", b"ping", bytes(range(125))):
            # The pong with this payload; websockets tells them apart by it.
            await asyncio.wait_for(await ws.ping(payload), 10)
        await ws.close(task["code"], task["reason"])
    return {"wrong": wrong, "code": ws.close_code, "reason": ws.close_reason}


async def wait(task):
    async with connect(task["url"]) as ws:
        print(json.dumps("open"), flush=True)
        try:
            await ws.recv()
        except ConnectionClosed:
            pass
    return {"code": ws.close_code, "reason": ws.close_reason}


task = json.loads(sys.stdin.readline())
work = {"converse": converse, "wait": wait}[task["task"]]
print(json.dumps(asyncio.run(work(task))), flush=True)
