import { INTERRUPTIONS, interruptedSteps } from './each-step.ts';

describe('edgeadm.exe killed in each step under wine', function () {
  interruptedSteps.call(this, INTERRUPTIONS.kill, INTERRUPTIONS.powerCut);
});
