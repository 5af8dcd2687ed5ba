/** Lines of klog by severity, what programs of Go print when they die, and systemd's word on the service. */
const FATAL = /^F\d{4} |"command failed"|^panic: /;
const ERROR = /^E\d{4} |^Error: |^\S+\.service: .*(exited|failed|killed)/i;
const ENDED = /Scheduled restart job|: Main process exited/;
/** systemd's words, with the unit's name since version 239 and its description before. */
const STARTED = /^Started .*kubelet/i;
const STARTED_AGAIN = /Scheduled restart job/;

/** What every kubelet complains about until its Node object and the CNI configuration are there. */
const NOISE = /node "\S+" not found|connection refused|Unable to write event|network not ready|oom score/;

/**
 * The lines of a kubelet's log that say why it does not do what it should: the last words of one that died (it prints
 * its flags before and the stacks of all goroutines after them), else its last complaints, else how the log ends.
 * @param text as the journal has it, without times of its own
 */
export function kubeletComplaints(text: string, count = 4): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.findLastIndex((line) => FATAL.test(line));
  if (fatal !== -1) {
    // What it dies of may follow from what it said before: no bootstrap kubeconfig, because the certificate has expired.
    const life = lines.slice(
      lines.slice(0, fatal).findLastIndex((line) => FATAL.test(line) || ENDED.test(line)) + 1,
      fatal,
    );
    const before = life.filter((line) => /^E\d{4} /.test(line) && !NOISE.test(line));
    return [...before.slice(-2), lines[fatal]].join('\n');
  }
  const complaints = lines.filter((line) => ERROR.test(line) && !NOISE.test(line));
  return (complaints.length > 0 ? complaints : lines).slice(-count).join('\n');
}

/**
 * The part of a kubelet's log that is about its present: since it was last started, or since the time before if
 * that one died and systemd restarted it. A failure of a week ago explains nothing.
 */
export function sinceLastStart(text: string): string {
  const lines = text.split('\n');
  const last = lines.findLastIndex((line) => STARTED.test(line));
  if (last === -1) return text;
  const life = lines.slice(last);
  if (life.some((line) => FATAL.test(line))) return life.join('\n');
  const before = lines.slice(0, last).findLastIndex((line) => STARTED.test(line));
  const again = lines.slice(Math.max(before, 0), last).some((line) => STARTED_AGAIN.test(line));
  return (again ? lines.slice(Math.max(before, 0)) : life).join('\n');
}

const STATUS = /kubelet_node_status|Unable to register node|Error updating node status/;

/** `Successfully registered node`; a Node object that is there already is `previously registered`. */
const REGISTERED = /(Successfully|previously) registered/;

/**
 * The API server says `nodes "n" not found`. `node "n" not found` is the cache of a kubelet that starts, which lags behind its
 * own registration (kubelet_node_status.go, `tryUpdateNodeStatus` and `fastNodeStatusUpdate`).
 */
const REFUSED = /\bnodes \S+ not found|Unauthorized|is forbidden|x509: /;

/**
 * Lines in which a kubelet tells that the cluster does not know its node or does not let it in. A kubelet may look for
 * its Node object a moment before it registers it.
 */
export function kubeletRefusals(text: string): string[] {
  const lines = text.split('\n');
  return lines
    .slice(lines.findLastIndex((line) => REGISTERED.test(line)) + 1)
    .filter((line) => STATUS.test(line) && REFUSED.test(line));
}

/** `W0412 ... eviction manager: must evict pod(s) to reclaim memory`; structured and with a capital since 1.21. */
const EVICTION = /eviction manager: (must evict pod|eviction thresholds have been met)/i;

/** Lines in which a kubelet says that it evicts pods, or would if it could. It looks every ten seconds. */
export function kubeletEvictions(text: string): string[] {
  return text.split('\n').filter((line) => EVICTION.test(line));
}

const MOUNT =
  /(MountVolume|AttachVolume|MapVolume|VerifyControllerAttachedVolume)\.?\w* failed for volume|Unable to attach or mount volumes/;

/** Lines in which a kubelet says that it cannot mount a volume. It tries again after at most two minutes. */
export function kubeletMountFailures(text: string): string[] {
  return text.split('\n').filter((line) => /^E\d{4} /.test(line) && MOUNT.test(line));
}
