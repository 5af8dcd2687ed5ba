import { randomInt } from 'node:crypto';
import { isRandomName, refuseNodeName } from '../../config/grammar.ts';
import type { JoinDraft } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { CHOICES } from '../../host/journal/choices.ts';
import type { PhaseLog } from '../../workflow/events.ts';

/**
 * The name of the node: the one given, a random one, which is kept until reset, or the host name in lower case.
 * @throws EdgeadmError USAGE if the host name is not fit to be one
 */
export async function chooseNodeName(
  { nodeName }: Pick<JoinDraft, 'nodeName'>,
  host: Host,
  log: PhaseLog,
): Promise<string> {
  if (isRandomName(nodeName)) return host.choose(CHOICES.nodeName, () => nodeName.replace('*', randomText(6)));
  if (nodeName) return nodeName;
  const { hostname } = await host.facts();
  const name = hostname.toLowerCase();
  const refusal = refuseNodeName(name);
  if (refusal) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: 'the host name cannot be the node name',
      why: refusal,
      next: 'set a name with --node-name',
    });
  }
  if (name !== hostname) log.info(`The host name ${hostname} is converted to lower case: the node is named ${name}.`);
  return name;
}

/** Letters that cannot be taken for one another, beginning with a letter. */
function randomText(length: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz';
  const all = `${letters}2456789`;
  return Array.from({ length }, (_, i) =>
    i === 0 ? letters[randomInt(letters.length)] : all[randomInt(all.length)],
  ).join('');
}
