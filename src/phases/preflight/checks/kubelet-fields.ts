import { judgeConfiguration } from '../../../kubernetes/kubelet/fields.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { kubeletMinor } from '../kubelet-minor.ts';

export const kubeletConfigurationFields: Check = {
  name: 'KubeletConfigurationFields',
  concerns: 'cluster',
  severity: 'error',
  about:
    "The kubelet of this node knows the cluster's KubeletConfiguration (ConfigMap `kube-system/kubelet-config`): another kind or API version, and a value of another type or outside of its limits, is an error, since the kubelet would exit; fields that this kubelet does not know yet, or that no kubelet knows, are a warning, since it ignores them.",
  remedy: 'Correct it: `kubectl --namespace kube-system edit configmap kubelet-config`.',
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async (context) => {
    const configuration = await context.cluster.kubeletConfiguration();
    if (!configuration) return skip('the cluster keeps no KubeletConfiguration that the token may read');
    const minor = await kubeletMinor(context);
    if (minor === undefined) return skip('the version of the kubelet is not known');
    const { fatal, ignored } = judgeConfiguration(configuration, minor);
    if (fatal) return fail(`the kubelet would exit over the cluster's configuration: ${fatal}`);
    if (ignored.length === 0) return pass(`kubelet 1.${minor} knows all of its fields`);
    return fail(`kubelet 1.${minor} ignores ${ignored.length} of the cluster's settings: ${ignored.join('; ')}`, {
      severity: 'warning',
      remedy:
        'Set what is missing on this node with flags of the kubelet (KUBELET_EXTRA_ARGS), or correct the names: `kubectl --namespace kube-system edit configmap kubelet-config`.',
    });
  },
};
