/** True unless a node's labels keep a cluster add-on off, see docs/join.md. */
export function allowsAddon(labels: Readonly<Record<string, string>> | undefined, addon: string): boolean {
  return labels?.[`alibabacloud.com/edge-enable-addon-${addon}`] !== 'false';
}
