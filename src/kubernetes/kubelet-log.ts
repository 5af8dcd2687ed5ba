/** Lines of klog by severity, what programs of Go print when they die, and systemd's word on the service. */
const FATAL = /^F\d{4} |"command failed"|^panic: /;
const ERROR = /^E\d{4} |^Error: |^\S+\.service: .*(exited|failed|killed)/i;

/** What every kubelet complains about until its Node object and the CNI configuration are there. */
const NOISE = /node "\S+" not found|connection refused|Unable to write event|network not ready|oom score/;

/**
 * The lines of a kubelet's log that say why it does not do what it should: the last words of one that died (it prints
 * its flags before and the stacks of all goroutines after them), else its last complaints, else how the log ends.
 * @param text as the journal has it, without times of its own
 */
export function kubeletComplaints(text: string, count = 4): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const lastWords = lines.findLast((line) => FATAL.test(line));
  if (lastWords !== undefined) return lastWords;
  const complaints = lines.filter((line) => ERROR.test(line) && !NOISE.test(line));
  return (complaints.length > 0 ? complaints : lines).slice(-count).join('\n');
}
