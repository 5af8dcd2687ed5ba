/** Images that nobody pulls: a name of RFC 2606 says so. */
export const EDGE_HUB_IMAGE = 'sandbox.invalid/edge-hub:sandbox';
