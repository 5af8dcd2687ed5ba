/** How a login user who is not root becomes root. */
export interface Sudo {
  /** Undefined if sudo does not ask for one. */
  readonly password?: string;
}
