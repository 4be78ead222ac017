// 'ws4wasm/inline': all there is for Node, with the engine inside. The build makes the CommonJS
// file of it as well, pkg/ws4wasm.cjs.
import './engine/inline.js';

export * from '../index.js';
export * from '../node.js';
export * as websocket from '../websocket.js';
export * as ws from '../ws.js';
