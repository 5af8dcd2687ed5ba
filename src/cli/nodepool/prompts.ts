import type { NodePoolMode, NodePoolRequest } from '../../config/node-pool.ts';
import { missingIn, type Need, refusePoolRequest } from '../../config/nodepool-rules.ts';
import { foldQuestion, onTerminal } from '../prompts.ts';

const MODES: readonly { readonly value: NodePoolMode; readonly name: string }[] = [
  { value: 'basic', name: 'basic: nodes reach the cloud over the public network' },
  { value: 'enhanced', name: 'enhanced: pods reach VPCs through CEN and CCN' },
  { value: 'private', name: 'private: a leased line' },
];

/** Asks on the terminal for what has not been said, until nothing is missing; only valid answers are taken. */
export async function askForMissing(wanted: NodePoolRequest): Promise<NodePoolRequest> {
  if (missingIn(wanted).length === 0) return wanted;
  const { input, select } = await import('@inquirer/prompts');
  let answered = wanted;
  if (answered.mode === undefined) {
    const choices = MODES.filter(({ value }) => value !== 'enhanced' || !wanted.ofService);
    const question = { message: 'How do the nodes reach the cloud?', choices };
    const mode = await onTerminal({}, (context) => select(question, context));
    answered = { ...answered, mode };
  }
  for (let [need] = missingIn(answered); need; [need] = missingIn(answered)) {
    const { key, why } = need;
    const before = answered;
    const message = foldQuestion(`${why[0]?.toUpperCase()}${why.slice(1)}:`, 0);
    const validate = (line: string): string | true => refuseAnswer(before, key, line);
    const text = await onTerminal({}, (context) => input({ message, validate }, context));
    answered = withAnswer(before, key, text);
  }
  return answered;
}

/** True if the answer can be taken; else why not. */
function refuseAnswer(wanted: NodePoolRequest, key: Need['key'], text: string): string | true {
  if (text.trim() === '') return 'a value is required';
  const before = new Set(refusePoolRequest(wanted));
  const mistake = refusePoolRequest(withAnswer(wanted, key, text)).find((each) => !before.has(each));
  return mistake?.replace(/^--[\w-]+: /, '') ?? true;
}

function withAnswer(wanted: NodePoolRequest, key: Need['key'], text: string): NodePoolRequest {
  return { ...wanted, [key]: text.trim() };
}
