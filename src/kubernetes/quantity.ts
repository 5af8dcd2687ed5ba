/** Source: kubernetes, apimachinery, pkg/api/resource/suffix.go. */
const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity of Kubernetes (`0.5Gi`, `1e3`, `100m`) as a number; undefined where it is none, as `500 MB`. */
export function quantityOf(text: string): number | undefined {
  const [, number = '', suffix = ''] = /^([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[A-Za-z]*)$/.exec(text) ?? [];
  if (number === '') return undefined;
  if (/^[eE][+-]?\d/.test(suffix)) return Number(number + suffix);
  const factor = Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined;
  return factor === undefined ? undefined : Number(number) * factor;
}
