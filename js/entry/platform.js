// 'ws4wasm/websocket' where the platform has a WebSocket of its own: it is that.
export const { CloseEvent, WebSocket } = globalThis;
