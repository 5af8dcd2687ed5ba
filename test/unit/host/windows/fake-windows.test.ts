import assert from 'node:assert/strict';
import { differences } from '../../../winbed/answers.ts';
import { FakeWindows } from './fake-windows.ts';

describe('fake Windows of the unit tests', () => {
  it('answers as the programs of Windows are documented to; those of the bed under wine are held to the same table', async () => {
    const windows = await FakeWindows.make();
    const machine = windows.machine();
    assert.deepEqual(await differences((file, args) => machine.exec(file, args)), []);
    await windows.remove();
  });
});
