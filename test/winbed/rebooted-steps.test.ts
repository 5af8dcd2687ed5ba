import { INTERRUPTIONS, interruptedSteps } from './each-step.ts';

describe('edgeadm.exe rebooted in each step under wine', function () {
  interruptedSteps.call(this, INTERRUPTIONS.reboot);
});
