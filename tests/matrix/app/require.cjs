const ws4wasm = require('ws4wasm');
const { talk } = require('./talk.js');

console.log(JSON.stringify(talk(ws4wasm)));
