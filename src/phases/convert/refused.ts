import { EdgeadmError } from '../../errors/index.ts';

/** The error of a node that cannot be converted, with every reason. Nothing was changed. */
export function conversionRefused(reasons: readonly string[], next?: string): EdgeadmError {
  return new EdgeadmError({
    code: 'CONVERT_REFUSED',
    what: 'this node cannot be converted to an edge node',
    why: [...reasons, 'nothing was changed'].join('\n'),
    next,
  });
}
