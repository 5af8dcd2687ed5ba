export { type Dial, dialingAgent, localAgents, localTlsAgent, plainAgent } from './agents.ts';
export { adviceOnName, HttpError } from './errors.ts';
export { API_LIMITS, type HttpLimits, MAX_RESPONSE_BYTES } from './limits.ts';
export { type ProbeTarget, probe } from './probe.ts';
export { proxyDial } from './proxy.ts';
export { type HttpResponse, jsonOf, type OpenAnswer, openRequest, sendRequest } from './request.ts';
export { retryAfter } from './retry-after.ts';
