import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { ERROR_CODES } from '../../../../src/errors/index.ts';
import { toNativePath } from '../../../../src/host/windows/paths.ts';
import { inWindowsWords } from '../../../../src/host/windows/words.ts';
import { linuxWordsIn } from './linux-words.ts';

const nativePath = (path: string): string => toNativePath(path, 'C:');

describe('advice in the words of Windows', () => {
  const rows: readonly (readonly [advice: string, there: string])[] = [
    [
      'remove it, then `systemctl daemon-reload; systemctl restart kubelet`',
      'remove it, then `Restart-Service kubelet`',
    ],
    ['systemctl restart yurthub.service', 'Restart-Service yurthub -Force'],
    ['`systemctl status containerd`', '`Get-Service containerd`'],
    ['`journalctl -u containerd | grep -i cni | tail`; again', '`Get-WinEvent -LogName System -MaxEvents 50`; again'],
    ['kubectl get pods -A | grep csi', 'kubectl get pods -A | Select-String csi'],
    ['restore /var/lib/edgeadm/journal.jsonl', 'restore C:\\Program Files\\edgeadm\\journal.jsonl'],
    ['/opt/bundle/kubelet.exe of the workstation is damaged', '/opt/bundle/kubelet.exe of the workstation is damaged'],
    ['see /etc/kubernetes/pki, or https://10.0.0.1/var/x', 'see C:\\etc\\kubernetes\\pki, or https://10.0.0.1/var/x'],
    ['curl -k https://10.0.0.1:6443/version', 'curl.exe -k https://10.0.0.1:6443/version'],
    ['See `journalctl -u x`. On Windows: `Get-Service x`.', 'See `Get-WinEvent -LogName System -MaxEvents 50`.'],
  ];
  for (const [advice, there] of rows)
    it(`advice for a Windows node: "${advice}" is "${there}" there`, () =>
      assert.equal(inWindowsWords(advice, nativePath), there));

  for (const [code, { remedy }] of Object.entries(ERROR_CODES))
    if (/systemctl|journalctl/.test(remedy))
      it(`the remedy of ${code} names nothing on a Windows node that only Linux has`, () => {
        assert.deepEqual(linuxWordsIn(inWindowsWords(remedy, nativePath)), []);
      });

  /** Phases and checks that do not run on Windows, what speaks to systemd itself, and rules, which have a test of their own. */
  const ON_LINUX_ONLY =
    /^(?:phases\/(?:convert|drill|hub|preflight\/checks|reset\/teardown|diagnose)|host\/(?:systemd|scratch|windows)|kubernetes\/kubelet\/remedies)/;

  it('commands of systemd that a phase of both systems advises have a counterpart on Windows', () => {
    const src = new URL('../../../../src/', import.meta.url);
    const files = globSync('**/*.ts', { cwd: src }).filter((file) => !ON_LINUX_ONLY.test(file));
    const found = files.flatMap((file) => {
      const lines = readFileSync(new URL(file, src), 'utf8').split('\n');
      const advice = lines.filter((line) => /(?:systemctl|journalctl) /.test(line) && !/^\s*(?:\/?\*|\/\/)/.test(line));
      return advice.flatMap((line) => {
        const left = linuxWordsIn(inWindowsWords(line.replaceAll(/\$\{[^}]*\}/g, 'kubelet'), nativePath)).filter(
          (word) => /ctl$/.test(word),
        );
        return left.length > 0 ? [`${file}: ${line.trim()}`] : [];
      });
    });
    assert.deepEqual(found, []);
  });
});
