import { delimiter } from 'node:path';

/** The files that a value stands for: the variable KUBECONFIG is a list, --kubeconfig one file. */
export function kubeconfigFiles(value: string, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  return value === env.KUBECONFIG ? [...new Set(value.split(delimiter).filter(Boolean))] : [value];
}
