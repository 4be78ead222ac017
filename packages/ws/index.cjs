'use strict';

module.exports = require('ws4wasm/ws');
