/** Images that are never pulled: `.invalid` (RFC 2606) never resolves. */
export const EDGE_HUB_IMAGE = 'sandbox.invalid/edge-hub:sandbox';
