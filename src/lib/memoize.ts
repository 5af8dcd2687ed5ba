/** Asks once, when first needed, and gives everybody the same answer; a failure is kept too. */
export function memoize<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
