import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EdgeadmError, ERROR_CODES, type ErrorCode } from '../../../src/errors/index.ts';
import { parseTerminationMessage, terminationMessage } from '../../../src/errors/termination-message.ts';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe('the termination message of a container', () => {
  it('a termination message gives back the code of any error, in at most the 4096 bytes that a kubelet keeps', () => {
    // fast-check's own unit of this kind takes more than a second to build tables for.
    const unit = fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point).toWellFormed());
    const part = fc.string({ unit, maxLength: 40 });
    const text = fc.tuple(part, fc.nat({ max: 60 })).map(([words, times]) => words.repeat(times));
    fc.assert(
      fc.property(fc.constantFrom(...codes), text, fc.option(text), text, (code, what, why, next) => {
        const message = terminationMessage(new EdgeadmError({ code, what, why: why ?? undefined, next }));
        assert.ok(Buffer.byteLength(message) <= 4096);
        assert.equal(parseTerminationMessage(message)?.code, code);
      }),
    );
  });

  it('a termination message keeps short errors whole, and the end of long evidence', () => {
    const error = new EdgeadmError({ code: 'UPGRADE_RECOVERED', what: 'it failed', why: 'exit code 1', next: 'look' });
    assert.deepEqual(parseTerminationMessage(terminationMessage(error))?.toJSON(), error.toJSON());
    const long = new EdgeadmError({ ...error.toJSON(), why: `${'x'.repeat(5000)} the last line` });
    assert.match(parseTerminationMessage(terminationMessage(long))?.why ?? '', /^… x+ the last line$/);
  });

  it('a termination message that is the end of a log, whatever words it has, is no error of edgeadm', () => {
    const error = { code: 'UPGRADE_RECOVERED', what: 'x', next: 'y' };
    const others = [
      undefined,
      '',
      'null',
      '[]',
      '(UPGRADE_RECOVERED)',
      JSON.stringify(error),
      JSON.stringify({ error: { ...error, code: 'toString' } }),
      JSON.stringify({ error: { ...error, why: 5 } }),
    ];
    for (const other of others) assert.equal(parseTerminationMessage(other), undefined, `${other}`);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => parseTerminationMessage(text) === undefined));
  });
});
