// The main file of node-forge loads 28 modules (ciphers, TLS, PKCS #12) that nothing here uses: 8 ms and a megabyte of
// every join. Its type declarations know only the whole.

declare module 'node-forge/lib/asn1.js' {
  import type { asn1 } from 'node-forge';

  const part: typeof asn1;
  export default part;
}

declare module 'node-forge/lib/util.js' {
  import type { util } from 'node-forge';

  const part: typeof util & { bytesFromIP(text: string): string | null; bytesToIP(bytes: string): string | null };
  export default part;
}
