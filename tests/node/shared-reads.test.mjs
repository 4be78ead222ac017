// Clients' sockets read into memory that all share: what was delivered must not change afterwards.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { connect, createServer } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, noLeaks, until } from '../support/connections.mjs';

noLeaks();

const CLIENTS = 4;
const MESSAGES = 60;

/** The bytes of a client's message, of all lengths. @param {number} client @param {number} i */
const payload = (client, i) =>
  Buffer.alloc(1 + ((i * i * 37) % 90_000), 1 + ((client * MESSAGES + i) % 255));

for (const secure of [false, true]) {
  describe(secure ? 'over TLS' : 'over TCP', () => {
    const secrets = secure ? makeCertificate() : undefined;

    /** @param {import('node:test').TestContext} t */
    async function open(t) {
      let opened = 0;
      const server = createServer({
        ...(secrets ? { tls: secrets } : {}),
        async onWebSocket(ws) {
          const client = opened++;
          ws.send(`${client}`);
          for (let i = 0; i < MESSAGES; i++) {
            ws.send(payload(client, i));
            // Others' bytes come in between.
            if (i % 3 === 0) await turn();
          }
        },
      });
      const port = await listen(server, t);
      const url = `${secure ? 'wss' : 'ws'}://localhost:${port}`;
      const tls = secure ? { tls: { rejectUnauthorized: false } } : {};
      const all = await Promise.all(Array.from({ length: CLIENTS }, () => connect(url, tls)));
      t.after(() => all.forEach((ws) => void ws.closeConnection()));
      return all;
    }

    test('messages of several connections stay what they were', async (t) => {
      const clients = await open(t);
      const came = clients.map((ws) => {
        /** @type {any[]} */
        const all = [];
        ws.onmessage = ({ data }) => void all.push(data);
        return all;
      });
      await until(() => came.every(({ length }) => length === 1 + MESSAGES));
      for (const [client, ...messages] of came) {
        for (const [i, bytes] of messages.entries()) {
          assert.ok(payload(Number(client), i).equals(bytes), `message ${i} of ${client}`);
        }
      }
      for (const ws of clients) ws.close(1000);
      await Promise.all(clients.map((ws) => ws.run()));
    });

    test('one that is paused reads nothing, and all of it later', async (t) => {
      const clients = await open(t);
      const [paused, ...others] = clients;
      paused.pause();
      let length = 0;
      let early = 0;
      paused.onmessage = () => {
        early++;
      };
      for (const ws of others) {
        ws.onmessage = () => {
          length++;
        };
      }
      await until(() => length === others.length * (1 + MESSAGES));
      assert.equal(early, 0);
      paused.resume();
      await until(() => early === 1 + MESSAGES);
      for (const ws of clients) ws.close(1000);
      await Promise.all(clients.map((ws) => ws.run()));
    });
  });
}
