import { setTimeout as delay } from 'node:timers/promises';
import type { FaultMode } from './faults.ts';
import { CloudFailure } from './service.ts';

/** An answer as it goes over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

type FaultyAnswer = (work: () => Promise<WireAnswer>) => Promise<WireAnswer | undefined>;

const SLOW_MS = 2_000;
const HTML = { 'Content-Type': 'text/html' };
const BAD_GATEWAY = '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>\r\n';

/** Codes for too many calls: those that the vendor's Terraform provider tries again. */
const ANSWERS: Readonly<Record<FaultMode, FaultyAnswer>> = {
  'timeout-before': async () => undefined,
  'timeout-after-effect': async (work) => {
    await work();
    return undefined;
  },
  '500': refuses(500, 'InternalError', 'The request processing has failed due to some unknown error.'),
  unavailable: refuses(503, 'ServiceUnavailable', 'The request has failed due to a temporary failure of the server.'),
  throttle: refuses(400, 'Throttling.User', 'Request was denied due to user flow control.'),
  'qps-limit': refuses(400, 'QPS Limit Exceeded', 'The number of requests exceeds the limit.'),
  'rejected-throttling': refuses(400, 'Rejected.Throttling', 'Request was denied due to request throttling.'),
  forbidden: refuses(403, 'Forbidden.RAM', 'User not authorized to operate on the specified resource.'),
  'business-code': answers(200, JSON.stringify({ Code: 1002, Message: 'system error' })),
  'backend-error': refuses(400, 'ens.interface.error', 'An error occurred while call the API.'),
  'html-502': answers(502, BAD_GATEWAY, HTML),
  redirect: answers(302, '', { Location: 'https://login.invalid/' }),
  'switch-protocols': answers(101, '', { Connection: 'Upgrade', Upgrade: 'h2c' }),
  truncated: async (work) => changed(await work(), (text) => text.slice(0, text.length / 2)),
  empty: async (work) => changed(await work(), () => ''),
  slow: async (work) => {
    await delay(SLOW_MS);
    return work();
  },
};

/**
 * What a caller gets from a call that a fault strikes.
 * @returns undefined if the connection is cut instead of an answer: a call lost before its effect looks like one after it
 */
export async function answerWith(
  fault: FaultMode | undefined,
  work: () => Promise<WireAnswer>,
): Promise<WireAnswer | undefined> {
  return fault === undefined ? work() : ANSWERS[fault](work);
}

function refuses(status: number, code: string, message: string): FaultyAnswer {
  return async () => {
    throw new CloudFailure(status, code, message);
  };
}

function answers(status: number, text: string, headers: Record<string, string> = {}): FaultyAnswer {
  return async () => ({ status, headers, text });
}

function changed(answer: WireAnswer, change: (text: string) => string): WireAnswer {
  return { ...answer, text: change(answer.text) };
}
