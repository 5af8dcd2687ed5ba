import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CloudNodeRecord, KIND } from '../../sandbox/cloud/records.ts';
import { executable } from '../dist/release.ts';
import { type Node, type Photograph, photograph, subnet, until } from '../testbed/index.ts';
import { type Exchange, startExchange } from './exchange.ts';
import { freshNode, inWorlds, MATRIX, testBed, traces } from './support.ts';

const CA = '/root/cloud-ca.crt';

inWorlds('guide')('the one file, on a node without Node.js', function () {
  this.timeout(600_000);
  let exchange: Exchange;
  let node: Node;
  let web: Server;
  let photo: Photograph;

  before(async () => {
    const file = await executable();
    exchange = await startExchange(await testBed());
    web = createServer((_, response) => createReadStream(file).pipe(response));
    await new Promise<void>((resolve) => web.listen(0, `${subnet}.254`, resolve));
    node = await freshNode('onefile');
    await node.write(CA, exchange.caPem);
    // The nodes have no wget of their own; busybox is one under that name.
    await node.put('/bin/busybox', '/usr/local/bin/wget');
    photo = await photograph(node);
  });
  after(async () => {
    web?.close();
    await node?.down();
    await exchange?.close();
  });

  const unpacked = join('var/cache/edgeadm');
  const shell = (script: string) =>
    node.run('sh', ['-c', `cd /root; ${script}`], {
      env: { EDGEADM_CLOUD_CA: CA, EDGEADM_OPENAPI_ENDPOINT: exchange.endpoint },
      timeout: 280,
    });

  /** Kills the first start as soon as it unpacks. */
  async function killWhileUnpacking(): Promise<void> {
    const part = async () => {
      const names = existsSync(join(node.root, unpacked)) ? await readdir(join(node.root, unpacked)) : [];
      return names.some((name) => name.includes('.part-'));
    };
    await until('the program is being unpacked', part);
    assert.ok(await node.killInside('/bin/sh ./edgeadm join'));
  }

  it("the one file, on a node without Node.js is downloaded and joins by the console's line, in a retry loop whose first try is killed while it unpacks", async () => {
    const pool = exchange.pool('np-onefile');
    const url = `http://${subnet}.254:${(web.address() as AddressInfo).port}/public/pkg/run/attach/1.20.2/amd64/edgeadm`;
    const line = `wget ${url} -O edgeadm; chmod u+x edgeadm; ./edgeadm join --openapi-token=${exchange.token(pool)} --node-spec="{\\"manageRuntime\\":true,\\"quiet\\":true}" --region=cn-hangzhou --compat-matrix ${MATRIX}`;
    const loop = shell(`for i in 1 2 3; do echo "try $i"; ${line} && exit 0; sleep 1; done; exit 1`);
    await Promise.race([killWhileUnpacking(), loop]);
    const ended = await loop;
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.deepEqual(ended.stdout.match(/try \d/g), ['try 1', 'try 2']);
    assert.match(ended.stderr, / post-check\] \[post-check\] This node joined into the cluster successfully\./);
    assert.equal(exchange.store.list<CloudNodeRecord>(KIND.node)[0]?.document.status, 'joined');
    assert.equal((await readdir(join(node.root, unpacked))).length, 1);
  });

  it('resets the node, and leaves nothing but itself', async () => {
    const ended = await shell('./edgeadm reset');
    assert.equal(ended.exitCode, 0, ended.stderr);
    const left = await traces(node, photo);
    assert.deepEqual(
      left.filter((line) => !/\/root\/edgeadm\b/.test(line)),
      [],
    );
  });
});
