// 'ws4wasm/node': WebSockets over Node's sockets, HTTP servers and HTTP/2.
// The entry comes first: it starts the engine.
import '#engine';

export { connect } from './node/client.js';
export { acceptConnect, connectHttp2 } from './node/http2.js';
export { createServer, upgrade } from './node/server.js';
