/** A port of edge nodes that can be reached from the cloud. */
export interface TunnelPort {
  readonly port: string;
  /** Undefined for a port that is forwarded to localhost only. */
  readonly protocol: 'HTTP' | 'HTTPS' | undefined;
  /** True if requests for localhost of a node are forwarded as well. */
  readonly localhost: boolean;
  /** The key that lists it: `http-proxy-ports`; `built in` for the kubelet's own. */
  readonly setting: string;
}

/** What to forward, and how. */
export interface PortRequest {
  readonly ports: readonly string[];
  readonly https: boolean;
  readonly localhost: boolean;
}

/** Of the kubelet: the tunnel forwards them whatever is set. */
export const KUBELET_PORTS: Readonly<Record<string, 'HTTP' | 'HTTPS'>> = { '10250': 'HTTPS', '10255': 'HTTP' };

/** The parts of a text such as `9052, 8080`. */
export function listed(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

/** The text with more parts; unchanged, down to its spaces, if it has them all. */
export function withParts(text: string | undefined, parts: readonly string[]): string | undefined {
  const more = parts.filter((part) => !listed(text).includes(part));
  return more.length === 0 ? text : [...listed(text), ...more].join(separatorOf(text));
}

/** The text without these parts; undefined if none are left. */
export function withoutParts(text: string | undefined, isGone: (part: string) => boolean): string | undefined {
  if (!listed(text).some(isGone)) return text;
  const left = listed(text).filter((part) => !isGone(part));
  return left.length === 0 ? undefined : left.join(separatorOf(text));
}

/** What the text has between its parts: who has written `10255,9445` reads it so again. */
function separatorOf(text: string | undefined): string {
  return /,\S/.test(text ?? '') ? ',' : ', ';
}

/** Why words are not ports, one line a word. */
export function refusePorts(words: readonly string[]): string[] {
  return words
    .filter((word) => !/^[1-9]\d{0,4}$/.test(word) || Number(word) > 65_535)
    .map((word) => `PORT: "${word}" is not a port from 1 to 65535`);
}
