import vm from 'node:vm';
import { Stream } from 'ws4wasm';
import { setTimeout as pause } from 'node:timers/promises';
process.removeAllListeners('warning'); process.on('warning',()=>{});
const stream = new Stream({ role: 'client' });
const frame = Buffer.concat([Buffer.from([0x81, 100]), Buffer.alloc(100, 'é')]);
const held = async () => { let least = Infinity; for (let i = 0; i < +process.argv[2]; i++) { gc(); await pause(1); const m = await vm.measureMemory({ mode: 'summary', execution: 'eager' }); least = Math.min(least, m.total.jsMemoryEstimate + process.memoryUsage().external); } return least; };
const out=[];
const work = () => {for (let i = 0; i < 20000; i++) { stream.parser.send(frame); stream.message = null; }};
if (process.argv[3]) { work(); await held(); }
for (let r = 0; r < 6; r++) {
  const b = await held(); 
  work();
  out.push(await held() - b);
}
console.log(out.join(' '));
