export default () => new URL('./ws4wasm_bg.wasm', import.meta.url);
