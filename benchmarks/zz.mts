import { kernels } from '@fluxion/kernels';
import { setThreads } from '/work/wt/threads/packages/kernels/src/threads/index.ts';
import { cnn } from '/work/wt/threads/benchmarks/sides/fluxion/networks.ts';
import { cnnTask } from '/work/wt/threads/benchmarks/workloads/cnn.ts';
const n = Number(process.argv[2]);
const t0 = performance.now(); await setThreads(n); const t1 = performance.now();
const p = cnn(cnnTask(64, 28)); p.reset();
let loss = 0;
for (let i = 0; i < 12; i++) loss = p.step();
let best = Infinity; const all: number[] = [];
const k = kernels() as Record<string, any>; let seq: [string, number][] = []; let mins: [string, number][] = [];
if (process.argv[3]) for (const key of Object.keys(k)) if (typeof k[key] === 'function' ) { const f = k[key]; k[key] = (...a: any[]) => { const t = performance.now(); const r = f(...a); const name = typeof a[0]==='string' ? key+' '+a[0] : key; seq.push([name, performance.now() - t]); return r; }; }
for (let i = 0; i < 40; i++) { seq = []; const t = performance.now(); loss = p.step(); all.push(performance.now() - t);
 if (mins.length !== seq.length) mins = seq; else mins.forEach((m, j) => { m[1] = Math.min(m[1], seq[j][1]); }); }
all.sort((a, b) => a - b);
console.log(n, 'threads; start', (t1-t0).toFixed(1), 'best', all[0].toFixed(2), 'median', all[20].toFixed(2), 'loss', loss);
const per: Record<string, number> = {}; for (const [a, b] of mins) per[a] = (per[a] ?? 0) + b;
if (process.argv[3]) console.log(Object.values(per).reduce((a,b)=>a+b).toFixed(2), Object.entries(per).sort((a,b)=>b[1]-a[1]).slice(0,14).map(([a,b])=>a+' '+b.toFixed(2)).join(', '));
const m = kernels().memory(); console.log(m.evacuations, m.evacuatedBytes, m.reloadedBytes);
