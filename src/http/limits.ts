/** How large an answer may be, by what it is. Bytes. */
export const MAX_RESPONSE_BYTES = {
  /** Read before the other side has shown who it is. */
  anonymous: 1024 ** 2,
  /** Health ports of this node: any program may be listening there. */
  probe: 64 * 1024,
  /** Objects and lists of a Kubernetes API; larger lists are read in pages. */
  api: 64 * 1024 ** 2,
  /** Answers of the cloud's APIs and of the token exchange. */
  cloud: 16 * 1024 ** 2,
} as const;

/** Limits of one request. Times are milliseconds. */
export interface HttpLimits {
  readonly maxBytes: number;
  /**
   * From the call to the last byte; undefined: the signal alone ends it (a download with a limit of its own).
   */
  readonly totalMs?: number;
  /** The longest silence, the time to connect included; undefined: none. */
  readonly idleMs?: number;
  /** Until the request can be sent: name, connection, TLS; undefined: the other limits alone. */
  readonly connectMs?: number;
  /** True for a stream such as a watch: once a 200 is there, it may last, and be quiet, for as long as it likes. */
  readonly endless?: boolean;
}

/** A slow link of an edge needs a minute for a large answer, and is never quiet for ten seconds. */
export const API_LIMITS: HttpLimits = { maxBytes: MAX_RESPONSE_BYTES.api, totalMs: 60_000, idleMs: 10_000 };
export const PROBE_LIMITS: HttpLimits = { maxBytes: MAX_RESPONSE_BYTES.probe, totalMs: 5_000 };
