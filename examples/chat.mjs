// A chat: what one says, all hear. Each message is framed once, for any number of members.
// Run: node examples/chat.mjs
import { WebSocket } from 'ws4wasm';
import { createServer } from 'ws4wasm/node';

/** @type {Set<Member>} */
const members = new Set();

class Member extends WebSocket {
  opened() {
    members.add(this);
  }

  receivedMessage(message) {
    if (!message.isText) return;
    const frame = this.stream.prepare(message.data);
    for (const member of members) {
      // A member that does not keep up is let go, so that it slows down nobody.
      if (member.bufferedAmount > 1024 * 1024) member.closeConnection();
      else member.send(frame);
    }
  }

  closed() {
    members.delete(this);
  }
}

const server = createServer({ WebSocket: Member, maxMessageSize: 4096, pingInterval: 30_000 });
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}`);
});
