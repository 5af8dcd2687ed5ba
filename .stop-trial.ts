import { Node } from '/work/main/test/testbed/node.ts';
import { sshMachine } from '/work/main/src/host/ssh/index.ts';
import { execa } from 'execa';
import { setTimeout as delay } from 'node:timers/promises';
const n = await Node.find('hosts1');
const opt = {keyFile:n.sshKey, knownHosts:n.knownHosts, environment:{}};
const script = `import { sshMachine } from '/work/main/src/host/ssh/index.ts';
const m = await sshMachine(${JSON.stringify({address:n.address,user:'admin'})}, ${JSON.stringify(opt)});
const l = await m.lock('/root/stoplock'); console.log(l?'held':'no');
process.on('SIGUSR1', async()=>{ try { console.log('after', (await m.readFile('/etc/hostname'))?.toString()) } catch(e) { console.log('after error', e.code, e.what) } process.exit(); });
setInterval(()=>{},1000);`;
const p = execa(process.execPath,['--input-type=module','--eval',script],{reject:false,buffer:false});
p.stdout.on('data',c=>console.log('child:',String(c).trim())); p.stderr.on('data',c=>console.log('err:',String(c).trim()));
await new Promise(r=>p.stdout.once('data',r));
const m = await sshMachine({address:n.address,user:'root'}, opt);
console.log('taken?', await m.lock('/root/stoplock'));
p.kill('SIGSTOP'); const t=performance.now();
let l; while(!(l=await m.lock('/root/stoplock'))) await delay(1000);
console.log('free after stop', Math.round((performance.now()-t)/1000)+'s');
p.kill('SIGCONT'); await delay(500); p.kill('SIGUSR1');
await p; console.log('child ended', Math.round((performance.now()-t)/1000)+'s');
await l.release();
// shell that talks
await n.write('/home/admin/.profile','');
await n.exec('sh','-c','echo "echo hello" > /home/admin/.bashrc');
try { await sshMachine({address:n.address,user:'admin'}, opt); } catch(e) { console.log(e.code, e.what,'|', e.why) }
await n.exec('rm','/home/admin/.bashrc');
await n.exec('usermod','-s','/usr/sbin/nologin','admin');
try { await sshMachine({address:n.address,user:'admin'}, opt); } catch(e) { console.log(e.code, e.what,'|', e.why) }
await n.exec('usermod','-s','/bin/bash','admin');
await n.write('/etc/sudoers.d/zz','Defaults requiretty\n',0o440);
try { await sshMachine({address:n.address,user:'admin'}, opt); } catch(e) { console.log(e.code, e.what,'|', e.why) }
await n.exec('rm','/etc/sudoers.d/zz');
console.log((await n.exec('sh','-c','ps -eo args | grep -E "socat|flock|head -c|sftp-server|sudo" | grep -v grep')).stdout);
await m.close();
await delay(500);
console.log('after close:', (await n.exec('sh','-c','ps -eo args | grep -E "socat|flock|head -c|sftp-server|sudo|sshd:" | grep -v grep')).stdout);
