/** Who a request is from. */
export interface ApiCredentials {
  /** The whole header. */
  readonly authorization?: string;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** Credentials that end and are requested again, such as those of an exec plug-in. */
export interface CredentialSource {
  /** @throws EdgeadmError */
  current(signal: AbortSignal | undefined): Promise<ApiCredentials>;
  /** Says that the API server answered 401 to these. */
  refuse(credentials: ApiCredentials): void;
}
