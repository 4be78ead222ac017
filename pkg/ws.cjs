const { ws } = require('./ws4wasm.cjs');
module.exports = ws.default ?? ws;
