import assert from 'node:assert/strict';
import { ERROR_CODES } from '../../../src/errors/index.ts';

describe('the remedies of errors', () => {
  for (const [code, { remedy }] of Object.entries(ERROR_CODES))
    if (/systemctl|journalctl/.test(remedy))
      it(`the remedy of ${code}, which names a program of systemd, says what to look at on Windows, too`, () => {
        assert.match(remedy, /on Windows: .*(Get-Service|C:\\)/i);
      });
});
