/** Which host, and as whom. */
export interface SshTarget {
  /** Host name or IP address, without brackets. */
  readonly address: string;
  /** Default 22. */
  readonly port?: number;
  /** Default: the name of the local user, as with ssh(1). */
  readonly user?: string;
}

/** `root@10.0.0.5`, `root@10.0.0.5:2222`, `root@[fd00::5]:2222`. */
export function describeTarget({ address, port = 22, user }: SshTarget): string {
  const host = port === 22 ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return user === undefined ? host : `${user}@${host}`;
}
