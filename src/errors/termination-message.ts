import { EdgeadmError, ERROR_CODES, type ErrorCode } from './index.ts';

/** Names the file that a failed command writes its error to, for programs that start edgeadm in a container. */
export const TERMINATION_MESSAGE_FILE = 'EDGEADM_TERMINATION_MESSAGE';
/** Bytes. A kubelet keeps 4096 of a container's termination message (Kubernetes: "Determine the Reason for Pod Failure"). */
const MAX_BYTES = 4096;

/** The error as one JSON document that fits into a container's termination message: the end of long evidence is kept. */
export function terminationMessage(error: EdgeadmError): string {
  const whole = error.toJSON();
  const cut = { ...whole };
  for (let kept = MAX_BYTES; ; kept = Math.floor(kept / 2)) {
    const message = JSON.stringify({ error: cut });
    if (Buffer.byteLength(message) <= MAX_BYTES) return message;
    for (const part of ['what', 'why', 'next'] as const) cut[part] = end(whole[part], kept) as string;
  }
}

/** Reads such a document. @returns undefined for anything else, such as the end of a log */
export function parseTerminationMessage(message: string | undefined): EdgeadmError | undefined {
  try {
    const { code, what, why, next } = JSON.parse(message ?? '').error;
    const texts = [what, next, why ?? ''].every((text) => typeof text === 'string');
    return texts && isErrorCode(code) ? new EdgeadmError({ code, what, why, next }) : undefined;
  } catch {
    return undefined;
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}

function end(text: string | undefined, kept: number): string | undefined {
  return text && text.length > kept ? `… ${text.slice(-kept)}` : text;
}
