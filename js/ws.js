// 'ws4wasm/ws': the API of the package ws, version 8, over this engine.
// The entry comes first: it starts the engine.
import '#engine';
import { WebSocketServer } from './ws/server.js';
import { createWebSocketStream } from './ws/stream.js';
import { WebSocket } from './ws/websocket.js';

// What `require` gives there is the class, with all else on it.
Object.assign(WebSocket, {
  WebSocket,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
});

export {
  createWebSocketStream,
  WebSocket,
  WebSocket as default,
  WebSocket as 'module.exports',
  WebSocketServer,
  WebSocketServer as Server,
};
