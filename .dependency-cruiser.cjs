/**
 * Which folder may import which, held by `npm run lint:imports`; CONTRIBUTING.md says why. Type-only imports count.
 * A folder that is not in the table may not exist, and an import that is not in its row fails.
 */

/** What everything may use. */
const GROUND = ['errors', 'lib'];
/** Events alone: whoever reports progress or shows it does not need the engine that runs phases. */
const EVENTS = 'workflow/events.ts';
/** Constants, for whoever writes to a node or names a file on it. */
const NODE_PATHS = 'host/node-paths.ts';
/** Log lines of the original tool. */
const VENDOR_MESSAGES = 'phases/vendor-messages.ts';
/** Who a joined node is to its cluster. */
const NODE_CREDENTIALS = 'phases/node-credentials.ts';
/** What phases are made of. */
const SERVICES = [
  'config',
  'templates',
  'workflow',
  'http',
  'pki',
  'compat',
  'host',
  'kubernetes',
  'edge-hub',
  'artifacts',
];

/** Folder of `src`, or file in it: what it may import besides itself and GROUND. Each row imports from rows above it. */
const ALLOWED = {
  errors: [],
  lib: [],
  config: [],
  templates: [],
  pki: [],
  workflow: [],
  output: [EVENTS, NODE_PATHS],
  http: ['config'],
  host: ['config', 'http', 'templates'],
  kubernetes: ['config', 'templates', 'pki', 'http', 'host', EVENTS],
  compat: ['config', 'kubernetes', 'output'],
  'edge-hub': ['config', 'templates', 'http', 'host', 'kubernetes'],
  artifacts: ['config', 'templates', 'http', 'host', 'kubernetes', EVENTS],
  cloud: ['config', 'pki', 'http', 'host', 'kubernetes', 'artifacts', EVENTS],
  'phases/vendor-messages.ts': [],
  'phases/node-credentials.ts': SERVICES,
  'phases/preflight': SERVICES,
  'phases/reset': [...SERVICES, NODE_CREDENTIALS],
  'phases/join': [
    ...SERVICES,
    VENDOR_MESSAGES,
    NODE_CREDENTIALS,
    'cloud',
    'phases/preflight',
    'phases/reset',
    'phases/hub',
  ],
  'phases/upgrade': [...SERVICES, VENDOR_MESSAGES, NODE_CREDENTIALS, 'phases/join', 'phases/reset'],
  'phases/convert': [
    ...SERVICES,
    NODE_CREDENTIALS,
    'phases/preflight',
    'phases/join',
    'phases/reset',
    'phases/upgrade',
  ],
  'phases/diagnose': [...SERVICES, NODE_CREDENTIALS, 'phases/preflight', 'phases/join', 'phases/hub'],
  'phases/drill': [...SERVICES, NODE_CREDENTIALS, 'phases/reset', 'phases/diagnose'],
  'phases/eni': [...SERVICES, 'cloud'],
  'phases/nodepool': [...SERVICES, 'cloud'],
  'phases/node': [...SERVICES, 'cloud'],
  'phases/addon': [...SERVICES, 'cloud'],
  'phases/cluster': [...SERVICES, 'cloud', 'phases/addon'],
  'phases/tunnel': SERVICES,
  'phases/hub': SERVICES,
  'phases/service': SERVICES,
  'phases/app': SERVICES,
  'phases/storage': SERVICES,
  'phases/network': SERVICES,
  'phases/gang': SERVICES,
  'phases/windows': SERVICES,
  'cluster-upgrade': [...SERVICES, 'phases/join', 'phases/upgrade'],
  cli: [...SERVICES, 'cloud', 'output', 'phases', 'cluster-upgrade'],
  commands: [...SERVICES, 'cloud', 'output', 'phases', 'cluster-upgrade', 'cli'],
};

/** What the sandbox uses of the program: the other side of its protocols, and the scratch machines. */
const FOR_SANDBOX = ['config', 'templates', 'pki', 'compat', 'http', 'host', 'kubernetes', 'cloud/actions'];
const SANDBOX_COMMANDS = '^src/(commands|cli)/sandbox/';

/** Libraries that one folder hides from all others. */
const HIDDEN = {
  ssh2: '^src/host/ssh/',
  '@oclif/core': '^(src/(cli|commands)|scripts)/',
  '@alicloud/': '^src/cloud/',
};

const inSrc = (names) => `^src/(${names.map((name) => name.replaceAll('.', '[.]')).join('|')})${'(/|$)'}`;

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-found', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^packed:' } },
    {
      name: 'folder-without-a-row',
      severity: 'error',
      from: { path: '^src/', pathNot: inSrc(Object.keys(ALLOWED)) },
      to: {},
    },
    ...Object.entries(ALLOWED).map(([folder, allowed]) => ({
      name: `imports-of-${folder.replace('/', '-')}`,
      severity: 'error',
      from: { path: inSrc([folder]) },
      to: { path: '^(src|scripts|test|bin)/', pathNot: inSrc([folder, ...GROUND, ...allowed]) },
    })),
    {
      name: 'imports-of-sandbox',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|scripts|test|bin)/', pathNot: inSrc([...GROUND, ...FOR_SANDBOX]) },
    },
    {
      name: 'sandbox-only-for-its-commands',
      severity: 'error',
      from: { path: '^src/', pathNot: SANDBOX_COMMANDS },
      to: { path: ['^sandbox/', SANDBOX_COMMANDS] },
    },
    { name: 'no-tests-in-the-program', severity: 'error', from: { path: '^scripts/' }, to: { path: '^test/' } },
    ...Object.entries(HIDDEN).map(([library, folder]) => ({
      name: `${library.replace(/\W/g, '')}-is-hidden`,
      severity: 'error',
      from: { path: '^(src|sandbox|scripts)/', pathNot: folder },
      to: { path: `^node_modules/${library}` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // dependency-cruiser reads TypeScript below version 7 only; swc reads ours, and keeps type-only imports.
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};

readUsingDeclarations();

/** swc's Visitor does not know `using` yet, and refuses a file that has it. */
function readUsingDeclarations() {
  const { default: Visitor } = require('@swc/core/Visitor.js');
  const { visitStatement } = Visitor.prototype;
  Visitor.prototype.visitStatement = function visit(statement) {
    if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
    this.visitVariableDeclarators(statement.decls);
    return statement;
  };
}
