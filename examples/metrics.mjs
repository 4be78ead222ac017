// An echo server on port 8080 whose metrics Prometheus can read, at /metrics, in the format of
// OpenMetrics.
import { EchoWebSocket } from 'ws4wasm';
import { createServer } from 'ws4wasm/node';

/** Names of stats() as OpenMetrics has them: what is counted ends in _total. */
const COUNTERS = {
  opened: 'ws4wasm_connections_opened',
  messagesReceived: 'ws4wasm_messages_received',
  messagesSent: 'ws4wasm_messages_sent',
  bytesReceived: 'ws4wasm_received_bytes',
  bytesSent: 'ws4wasm_sent_bytes',
  pingsReceived: 'ws4wasm_pings_received',
  pingsSent: 'ws4wasm_pings_sent',
  enginesRetired: 'ws4wasm_engines_retired',
};
const GAUGES = {
  open: 'ws4wasm_connections_open',
  arriving: 'ws4wasm_handshakes_open',
  buffered: 'ws4wasm_buffered_bytes',
  draining: 'ws4wasm_draining',
};

function metrics() {
  const stats = server.stats();
  const lines = [];
  for (const [key, name] of Object.entries(COUNTERS)) {
    lines.push(`# TYPE ${name} counter`, `${name}_total ${stats[key]}`);
  }
  for (const [key, name] of Object.entries(GAUGES)) {
    lines.push(`# TYPE ${name} gauge`, `${name} ${Number(stats[key])}`);
  }
  lines.push('# TYPE ws4wasm_refused counter');
  for (const [reason, count] of Object.entries(stats.refused)) {
    lines.push(`ws4wasm_refused_total{reason="${reason}"} ${count}`);
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

const server = createServer({
  WebSocket: EchoWebSocket,
  health: '/healthz',
  // Not for everybody: a real server looks at who asks.
  request: ({ url }) => {
    if (url !== '/metrics') return undefined;
    const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
    return { headers: { 'Content-Type': type }, body: metrics() };
  },
});
process.once('SIGTERM', () => server.drain());
server.listen(process.env.PORT ?? 8080, () => {
  console.log(`Metrics at http://localhost:${server.address().port}/metrics`);
});
