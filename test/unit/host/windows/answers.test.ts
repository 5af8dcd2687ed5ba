import assert from 'node:assert/strict';
import { type Access, accessIn } from '../../../../src/host/windows/acl.ts';
import { describeEvents } from '../../../../src/host/windows/log.ts';
import { toNativePath } from '../../../../src/host/windows/paths.ts';
import { parseKey } from '../../../../src/host/windows/registry.ts';

describe('access list of a file on Windows', () => {
  const LISTS: readonly (readonly [list: string, access: Access | undefined])[] = [
    ['D:PAI(A;;FA;;;SY)(A;;FA;;;BA)', 'private'],
    ['O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;FA;;;CO)', 'private'],
    // What a folder below C: passes on: every user may write.
    ['D:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)', 'open'],
    // Without P it would go on inheriting.
    ['D:AI(A;;FA;;;SY)(A;;FA;;;BA)', 'readable'],
    ['D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)', 'readable'],
    ['D:PAI(A;;FA;;;SY)(A;;FR;;;WD)', 'readable'],
    ['D:PAI(A;;FA;;;SY)(A;;FA;;;S-1-5-21-1-2-3-1001)', 'open'],
    ['D:PAI(A;;FA;;;SY)(XA;;FA;;;WD;(@User.x))', 'open'],
    ['D:', undefined],
    ['', undefined],
  ];
  for (const [list, access] of LISTS)
    it(`${list || 'an empty answer'} makes a file ${access ?? 'of unknown access'}`, () => {
      assert.equal(accessIn(`key.pem\r\n${list}\r\n`), access);
    });
});

describe('paths of a Windows node', () => {
  const PATHS: readonly (readonly [path: string, native: string])[] = [
    ['/etc/kubernetes/kubelet.conf', 'C:\\etc\\kubernetes\\kubelet.conf'],
    ['/', 'C:\\'],
    ['/D:/containerd/root', 'D:\\containerd\\root'],
    ['/D:', 'D:\\'],
    ['D:\\containerd', 'D:\\containerd'],
    ['//./pipe/containerd-containerd', '\\\\.\\pipe\\containerd-containerd'],
    ['/var/lib/edgeadm/journal.jsonl', 'C:\\Program Files\\edgeadm\\journal.jsonl'],
    ['/var/lib/edgeadm-other', 'C:\\var\\lib\\edgeadm-other'],
  ];
  for (const [path, native] of PATHS)
    it(`a path ${path} of a node is spelt ${native}`, () => {
      assert.equal(toNativePath(path, 'C:'), native);
    });
});

describe('answer of reg query', () => {
  it('reg query gives each value with type and data, whatever the default value is called', () => {
    const text = [
      '',
      'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\kubelet',
      '    (Standard)    REG_SZ    ',
      '    Start    REG_DWORD    0x2',
      '    ImagePath    REG_EXPAND_SZ    "C:\\k\\kubelet.exe"    --x',
      '    DependOnService    REG_MULTI_SZ    containerd\\0Tcpip',
      '    Two Words    REG_SZ    a    b',
      '',
      'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\kubelet\\Parameters',
    ].join('\r\n');
    assert.deepEqual(
      [...parseKey(text)],
      [
        ['Start', { type: 'REG_DWORD', data: '0x2' }],
        ['ImagePath', { type: 'REG_EXPAND_SZ', data: '"C:\\k\\kubelet.exe"    --x' }],
        ['DependOnService', { type: 'REG_MULTI_SZ', data: 'containerd\\0Tcpip' }],
        ['Two Words', { type: 'REG_SZ', data: 'a    b' }],
      ],
    );
  });
});

describe('events of the service control manager', () => {
  const event = (id: number, time: string, ...data: string[]) =>
    `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID Qualifiers='49152'>${id}</EventID><TimeCreated SystemTime='${time}'/></System><EventData>${data.map((text, i) => `<Data Name='param${i + 1}'>${text}</Data>`).join('')}</EventData></Event>`;

  it('events of one service are shown oldest first, with time, number and data', () => {
    const xml = [
      event(7031, '2026-11-29T14:00:02Z', 'containerd', '1'),
      event(7036, '2026-11-29T14:00:01Z', 'other', 'running'),
      event(7036, '2026-11-29T14:00:00Z', 'containerd', 'running'),
    ].join('');
    assert.equal(
      describeEvents(xml, 'containerd'),
      '2026-11-29T14:00:00Z event 7036: containerd running\n2026-11-29T14:00:02Z event 7031: containerd 1',
    );
  });
});
