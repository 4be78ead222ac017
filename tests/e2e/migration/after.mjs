// The chat server of before.mjs, moved to ws4wasm by docs/migrating.md.
import { createServer } from 'node:http';
import { WebSocket } from 'ws4wasm';
import { upgrade } from 'ws4wasm/node';

const server = createServer((_request, response) => response.end('a chat\n'));
/** @type {Set<Member>} */
const members = new Set();

const addressOf = (request) => new URL(request.url, 'http://localhost');

function broadcast(message) {
  const text = JSON.stringify(message);
  for (const member of members) {
    if (member.readyState === WebSocket.OPEN) member.send(text);
  }
}

class Member extends WebSocket {
  name = addressOf(this.environ).searchParams.get('name');

  opened() {
    members.add(this);
    broadcast({ type: 'join', name: this.name });
  }

  receivedMessage(message) {
    if (message.isBinary) {
      this.close(1003, 'text only');
      return;
    }
    try {
      const { text } = JSON.parse(message.data);
      broadcast({ type: 'say', name: this.name, text });
    } catch {
      this.send(JSON.stringify({ type: 'error', text: 'that is no JSON' }));
    }
  }

  closed(code, reason = '') {
    members.delete(this);
    broadcast({ type: 'leave', name: this.name, code, reason });
  }
}

server.on('upgrade', (request, socket, head) => {
  upgrade(request, socket, head, {
    WebSocket: Member,
    maxMessageSize: 64 * 1024,
    deflate: { threshold: 128 },
    protocols: ['chat.v1'],
    pingInterval: 30_000,
    verify(asked) {
      const { pathname, searchParams } = addressOf(asked);
      if (pathname !== '/chat') return 404;
      return searchParams.get('name') ? true : 401;
    },
  });
});

process.on('SIGTERM', () => {
  for (const member of members) member.close(1001, 'the server stops');
  server.close();
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}/chat`);
});
