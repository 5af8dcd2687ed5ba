/** A GPU model that `gpuVersion` names, with the first cluster version it goes with. */
export interface GpuModel {
  readonly name: string;
  readonly from: string;
  readonly source: string;
}

/** The guide names the models alone; the versions are of the API reference of DescribeClusterAttachScripts. */
const GUIDE = 'models: user guide 2022-07; versions: API reference of DescribeClusterAttachScripts';
const PAGE = 'vendor page 2026-01';

export const GPU_MODELS: readonly GpuModel[] = [
  { name: 'Nvidia_Tesla_T4', from: '1.16.9-aliyunedge.1', source: GUIDE },
  { name: 'Nvidia_Tesla_P4', from: '1.16.9-aliyunedge.1', source: GUIDE },
  { name: 'Nvidia_Tesla_P100', from: '1.16.9-aliyunedge.1', source: GUIDE },
  { name: 'Nvidia_Tesla_V100', from: '1.18.8-aliyunedge.1', source: GUIDE },
  { name: 'Nvidia_Tesla_A10', from: '1.20.11-aliyunedge.1', source: PAGE },
  { name: 'Nvidia_L40', from: '1.26.3-aliyun.1', source: PAGE },
];

export function gpuModel(name: string): GpuModel | undefined {
  return GPU_MODELS.find((model) => model.name === name);
}
