import { startV1Gateway, words } from './v1-gateway.ts';
const g = await startV1Gateway();
g.provider.respond((r)=>({ text: 'One two three.', faults: { stop: { at: { afterChunks: r.number % 4 }, how: 'stall' } } }));
async function aborted(i:number){ const c=new AbortController(); const path=['/chat/completions','/responses','/messages'][i%3]!; const model=['chat','responses','anthropic','gemini'][i%4]!;
 const stream=i%2===0; const m=[{role:'user',content:words()}];
 const body=path==='/responses'?{model,input:words(),stream}:{model,messages:m,stream,max_tokens:20};
 const p=g.post(path,body,{signal:c.signal}).then(async r=>{await r.text();}).catch(()=>{}); setTimeout(()=>c.abort(),5+i%20); await p; }
const handles=()=>{const o:any={};for(const r of process.getActiveResourcesInfo())o[r]=(o[r]??0)+1;return JSON.stringify(o);};
let n=0; const total=Number(process.argv[2]??10000);
for (const mark of [0.1,0.4,0.7,1]) { while(n<total*mark){ await Promise.all(Array.from({length:50},(_,i)=>aborted(n+i))); n+=50; g.provider.reset(); g.provider.respond((r)=>({ text: 'One two three.', faults: { stop: { at: { afterChunks: r.number % 4 }, how: 'stall' } } })); (g.gateway.log as any).length=0; }
 await new Promise(r=>setTimeout(r,300)); globalThis.gc?.(); await new Promise(r=>setTimeout(r,50)); globalThis.gc?.(); if(mark===1)console.log((await import('node:child_process')).execSync('ss -tan | awk \'{print $1,$4}\' | grep -E "'+new URL(g.url).port+'|'+new URL(g.provider.url).port+'" | sort | uniq -c | sort -rn | head -5').toString(), new URL(g.url).port, new URL(g.provider.url).port); console.log(n,(process.memoryUsage().heapUsed/1e6).toFixed(1)+' MB heap',(process.memoryUsage().rss/1e6).toFixed(0)+' MB rss','provider in flight',g.provider.inFlight,handles()); }
const { execSync } = await import('node:child_process'); const ss=()=>execSync('ss -tan | awk \'{print $1,$4}\' | grep '+new URL(g.url).port+' | sort | uniq -c').toString();
for(let i=0;i<4;i++){ const t=performance.now(); g.provider.reset(); const r=await g.post('/chat/completions',{model:'chat',messages:[{role:'user',content:words()}]},{signal:AbortSignal.timeout(5000)}).then(r=>r.status,e=>String(e)); console.log('plain call',r,(performance.now()-t).toFixed(0)+'ms'); await new Promise(r=>setTimeout(r,1000)); console.log(ss(), handles()); }
await g[Symbol.asyncDispose]();
