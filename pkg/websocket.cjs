const { websocket } = require('./ws4wasm.cjs');
module.exports = websocket.default ?? websocket;
