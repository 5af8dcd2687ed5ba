import { Args, Flags } from '@oclif/core';
import { APP_KINDS } from '../../phases/app/app-kinds.ts';
import { namespaceFlagFor, nonEmptyName, type Refuse, repeatable } from '../flags.ts';

export const appArg = {
  name: Args.string({ required: true, parse: nonEmptyName('NAME'), description: 'name of the application' }),
};

export const appFlags = {
  ...namespaceFlagFor('the application'),
  kind: Flags.option({
    options: APP_KINDS,
    description: 'kind of the application; default: the one that the cluster supports, YurtAppSet if it supports both',
  })(),
};

/** @param help what the images are for */
export function imageFlag(help: string) {
  return Flags.string({ ...repeatable, helpValue: '[CONTAINER=]IMAGE', description: help });
}

/** More pods than a cluster has. */
const MOST_PODS = 100_000;

/** `cloud=2,edge=3`: number of pods by pool. */
export function poolCounts(texts: readonly string[], what: string, refuse: Refuse): Map<string, number> {
  const words = texts.flatMap((text) => text.split(',')).filter(Boolean);
  const counts = new Map<string, number>();
  for (const word of words) {
    const [, pool = '', number = ''] = /^([^=]+)=(\d+)$/.exec(word) ?? [];
    const count = Number(number);
    if (pool === '' || count > MOST_PODS) refuse(`${what}: "${word}" is not POOL=NUMBER, such as edge=2`);
    else if (counts.has(pool)) refuse(`${what}: ${pool} is given twice`);
    else counts.set(pool, count);
  }
  return counts;
}

/**
 * Images by container.
 * @param containers of the template: an image without a container is for the only one
 */
export function imagesOf(
  texts: readonly string[] | undefined,
  containers: readonly string[],
  refuse: Refuse,
): Map<string, string> {
  const images = new Map<string, string>();
  for (const text of texts ?? []) {
    // `=` is not part of the name of an image.
    const [, container, image = ''] = /^(?:([^=]*)=)?([^=]*)$/.exec(text) ?? [];
    const name = container ?? (containers.length === 1 ? containers[0] : undefined);
    if (image === '' || /\s/.test(image)) refuse(`--image: "${text}" is not [CONTAINER=]IMAGE`);
    else if (containers.length === 0) refuse(`--image: the template of the application has no containers`);
    else if (!name) refuse(`--image: name the container of "${text}": one of ${containers.join(', ')}`);
    else images.set(name, image);
  }
  return images;
}
