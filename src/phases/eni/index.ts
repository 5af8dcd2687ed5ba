import type { Phase } from '../../workflow/phase.ts';
import { attach } from './attach.ts';
import { confirmPlan } from './confirm.ts';
import type { BindContext, ReleaseContext } from './context.ts';
import { uncordonAfterChange } from './drain.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { purchase } from './purchase.ts';
import { confirmRelease, deleteInterfaces, detach, inspectRelease, verifyRelease } from './release-phases.ts';
import { addRules } from './rules.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { verifyBinding } from './verify.ts';
import { waitAvailable } from './wait-available.ts';

/** What `eni bind` does, in this order: the instance is down from `stop` to `start`, and for nothing but `attach`. */
export const bindPhases: readonly Phase<BindContext>[] = [
  inspect,
  plan,
  confirmPlan,
  addRules,
  purchase,
  waitAvailable,
  stop,
  attach,
  start,
  uncordonAfterChange,
  verifyBinding,
];

/** What `eni release` does: deleting needs no stopped instance, detaching does. */
export const releasePhases: readonly Phase<ReleaseContext>[] = [
  inspectRelease,
  confirmRelease,
  stop,
  detach,
  start,
  uncordonAfterChange,
  deleteInterfaces,
  verifyRelease,
];
