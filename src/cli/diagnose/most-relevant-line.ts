/** What a line has that says why, the strongest first. */
const SIGNS: readonly RegExp[] = [
  /^F\d{4} |^panic: |"command failed"|unknown flag|^\w+Pressure since|no space left/,
  /invalid|expired|Unauthorized|forbidden|x509|not found|denied|cannot|already in use|unavailable|Ready=/i,
  /failed|error|exited|evict|damaged/i,
  /refused|timed out|timeout/i,
];

/** The number of the line that matters most in evidence of several lines: what a reader should see first. */
export function mostRelevantLine(lines: readonly string[]): number {
  for (const sign of SIGNS) {
    const found = lines.findIndex((line) => sign.test(line));
    if (found !== -1) return found;
  }
  return 0;
}
