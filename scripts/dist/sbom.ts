import { createHash } from 'node:crypto';
import type { Component } from './components.ts';
import { BUILT_AT } from './same-everywhere.ts';

/**
 * A bill of materials as SPDX 2.3 in JSON (https://spdx.github.io/spdx-spec/v2.3/).
 * @param components of all files of the release together
 */
export function sbom(version: string, components: readonly Component[]): string {
  const own = { name: 'edgeadm', version, licence: 'Apache-2.0', purl: `pkg:generic/edgeadm@${version}`, source: '' };
  const packages = [own, ...components].map(({ name, version: versionInfo, licence, purl, source }) => ({
    ...{ name, versionInfo, SPDXID: idOf(purl), downloadLocation: 'NOASSERTION', filesAnalyzed: false },
    ...{ licenseConcluded: 'NOASSERTION', licenseDeclared: licence, copyrightText: 'NOASSERTION' },
    ...(source ? { sourceInfo: source } : {}),
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }));
  const contents = createHash('sha256').update(JSON.stringify(packages)).digest('hex');
  const relationships = components.map(({ purl }) => ({
    ...{ spdxElementId: idOf(own.purl), relationshipType: 'CONTAINS', relatedSpdxElement: idOf(purl) },
  }));
  const document = {
    ...{ spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT', name: `edgeadm-${version}` },
    documentNamespace: `https://edgeadm.io/spdx/edgeadm-${version}-${contents.slice(0, 16)}`,
    creationInfo: { created: BUILT_AT.toISOString().replace('.000', ''), creators: [`Tool: edgeadm-dist-${version}`] },
    documentDescribes: [idOf(own.purl)],
    ...{ packages, relationships },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const idOf = (purl: string) => `SPDXRef-${purl.replace(/[^A-Za-z0-9.]+/g, '-')}`;
