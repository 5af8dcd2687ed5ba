/**
 * How much a server's clock is ahead of ours, in milliseconds, by the Date header of its answer. The header has whole
 * seconds and was written at some moment between question and answer, which can be seconds apart on a bad network: 0 where
 * no difference is needed to explain it, else the middle of what is possible. undefined without a date.
 * @param asked our clock when the question was asked, milliseconds since 1970
 * @param tookMs until the answer came
 */
export function clockDifference(date: string | undefined, asked: number, tookMs: number): number | undefined {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return undefined;
  const least = theirs - (asked + tookMs);
  const most = theirs + 1000 - asked;
  return least <= 0 && most >= 0 ? 0 : (least + most) / 2;
}
