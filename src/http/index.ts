export { type Dial, dialingAgent, plainAgent } from './agents.ts';
export { addressOf, HttpError, type HttpFailure, isCertificateFault } from './errors.ts';
export { API_LIMITS, type HttpLimits, MAX_BYTES, PROBE_LIMITS } from './limits.ts';
export { type ProbeTarget, probe } from './probe.ts';
export { proxyDial } from './proxy.ts';
export { type Answer, type HttpRequest, jsonOf, type OpenAnswer, openRequest, sendRequest } from './request.ts';
export { retryAfter } from './retry-after.ts';
