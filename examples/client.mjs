// A client: sends a line, prints what comes back. Run: node examples/client.mjs ws://…
import { connect } from 'ws4wasm/node';

const [url = 'ws://127.0.0.1:8080', text = 'hello'] = process.argv.slice(2);
const ws = await connect(url, { signal: AbortSignal.timeout(5000) });
await ws.send(text);
for await (const message of ws) {
  console.log(message.type, message.data);
  ws.close(1000, 'done');
}
