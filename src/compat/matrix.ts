import type { MatrixRow } from '../config/spec.ts';

/** The vendor's user guide of July 2022. */
const GUIDE = 'user guide 2022-07';
/** The vendor's page on operating systems of January 2026. */
const PAGE = 'vendor page 2026-01';
/** Last version that the page lists for RHEL 8. */
const LAST_OF_RHEL_8 = '1.30.7-aliyun.1';

/**
 * Operating systems, kernels and the cluster versions they go with. An absent bound is open: the guide's rows say "and
 * later", and the later page bounds only rows of its own.
 * Rows that a user adds with `--compat-matrix` have the same shape.
 */
export const MATRIX: readonly MatrixRow[] = [
  row('amd64', 'CentOS', ['7.4', '7.5', '7.6', '7.7', '7.8', '7.9'], '3.10', '1.12.6-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'CentOS', ['8.0', '8.2'], '4.18', '1.18.8-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Ubuntu', ['16.04'], '4.4', '1.18.8-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Ubuntu', ['18.04'], '4.15', '1.12.6-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Ubuntu', ['18.04'], '5.4', '1.16.9-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Ubuntu', ['18.04'], '5.11', '1.18.8-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Ubuntu', ['20.04'], '5.4', '1.18.8-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Alibaba Cloud Linux', ['2.1903'], '4.19', '1.20.11-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Alibaba Cloud Linux', ['3'], '5.10', '1.20.11-aliyunedge.1', undefined, GUIDE),
  row('arm64', 'CentOS', ['8.0'], '4.19', '1.14.8-aliyunedge.1', undefined, GUIDE),
  row('arm64', 'Ubuntu', ['18.04'], '4.9', '1.14.8-aliyunedge.1', undefined, GUIDE),
  row('arm64', 'Ubuntu', ['18.04'], '4.19', '1.14.8-aliyunedge.1', undefined, GUIDE),
  row('amd64', 'Anolis', ['7.9', '8.6'], '4.19', '1.16.9-aliyunedge.1', undefined, PAGE),
  row('amd64', 'Ubuntu', ['20.04', '22.04'], '5.15', '1.26.3-aliyun.1', undefined, PAGE),
  row('amd64', 'Ubuntu', ['24.04'], '6.8', '1.30.7-aliyun.1', undefined, PAGE),
  row('amd64', 'RHEL', ['8.8', '8.10'], '4.18', '1.26.3-aliyun.1', LAST_OF_RHEL_8, PAGE),
  row('amd64', 'RHEL', ['9.3'], '5.14', '1.30.7-aliyun.1', undefined, PAGE),
  row('amd64', 'Kylin', ['V10'], '4.19', '1.26.3-aliyun.1', undefined, PAGE),
  row('amd64', 'UnionTech OS Server', ['20'], '4.19', '1.26.3-aliyun.1', undefined, PAGE),
  row('arm64', 'Ubuntu', ['20.04'], '5.10', '1.22.15-aliyunedge.1', undefined, PAGE),
  row('amd64', 'Windows Server', ['2019'], '10.0.17763', undefined, undefined, GUIDE),
];

function row(
  arch: string,
  os: string,
  versions: readonly string[],
  kernel: string,
  from: string | undefined,
  to: string | undefined,
  source: string,
): MatrixRow {
  return { arch, os, versions, kernel, from, to, source };
}
