// 'ws4wasm/websocket' for Node: `new WebSocket(url, protocols)` as WHATWG has it.
// The entry comes first: it starts the engine.
import '#engine';

export { CloseEvent } from './websocket/events.js';
export { WebSocket } from './websocket/websocket.js';
