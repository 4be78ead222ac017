// Types of 'ws4wasm/inline': all there is for Node, in one place, with the engine in the source.
// For bundles, test runners and wherever else no file can be read. The classes are the same as those
// of 'ws4wasm' and 'ws4wasm/node', unless one is imported and the other required.

export * from './index.cjs';
export * from './node.cjs';
export * as websocket from './websocket.cjs';
export * as ws from './ws.names.cjs';
