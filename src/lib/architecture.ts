/** Go's names, which Kubernetes uses, by what `uname -m` and packages say. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'amd64',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  x64: 'amd64',
  arm64: 'arm64',
  aarch64: 'arm64',
};

/** `x86_64` and `AMD64` are amd64, `aarch64` is arm64; any other name is left unchanged. */
export function architectureOf(name: string): string {
  const text = name.trim();
  return Object.hasOwn(ARCHITECTURES, text.toLowerCase()) ? (ARCHITECTURES[text.toLowerCase()] ?? text) : text;
}
