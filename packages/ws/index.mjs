// By way of `require`, so that a program has one class, however its parts load it.
import WebSocket from './index.cjs';

export const { createWebSocketStream, Server, WebSocketServer } = WebSocket;
export { WebSocket, WebSocket as default };
