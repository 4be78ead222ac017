// 'ws4wasm': how its engine comes is for `imports` of package.json to say.
import '#engine';

export * from '../index.js';
