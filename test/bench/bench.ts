/**
 * `npm run bench`: writes the figures of docs/performance.md. `--rounds N` (default 5), `--only
 * sandbox|cloud|plan|join|hosts|ssh-join|ssh-sandbox|upgrade|startup|preflight`; comparisons with kubeadm need root on Debian 12, the others need nothing but
 * `npm run build`.
 */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' } } });
const rounds = Number(values.rounds);
const wanted = (name: string) => values.only === undefined || values.only === name;

if (wanted('sandbox')) await (await import('./sandbox.ts')).benchSandbox(rounds);
if (wanted('cloud')) await (await import('./cloud.ts')).benchCloud(Math.min(rounds, 3));
if (wanted('plan')) await (await import('./plan.ts')).benchPlan(rounds);
if (wanted('join')) await (await import('./join.ts')).benchJoin(rounds);
if (wanted('hosts')) await (await import('./hosts.ts')).benchHosts(rounds);
if (wanted('ssh-join')) await (await import('./ssh-join.ts')).benchSshJoin(Math.min(rounds, 3));
if (wanted('ssh-sandbox')) await (await import('./ssh-sandbox.ts')).benchSshSandbox(Math.min(rounds, 3));
if (wanted('upgrade')) await (await import('./upgrade.ts')).benchUpgrade(rounds);
if (wanted('startup')) await (await import('./startup.ts')).benchStartup(Math.max(rounds, 20));
if (wanted('preflight')) await (await import('./preflight.ts')).benchPreflight(Math.max(rounds, 20));
