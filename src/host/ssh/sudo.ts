/** How a login user who is not root becomes root. */
export interface Sudo {
  /** Undefined where sudo does not ask for one. */
  readonly password?: string;
}
