import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import {
  cleanFile,
  MAX_FILE_CHARACTERS,
  withoutEnvironment,
  withoutExecInput,
  withoutPodEnvironment,
  withoutUnitEnvironment,
} from '../../../../src/phases/diagnose/clean-file.ts';
import { assertGrowsWithLength } from '../../growth.ts';

/** No word that anything else would look for. */
const SECRET = 'hunterzwei';

/** Every way in which a secret was seen on a node. */
const PLACES: Readonly<Record<string, string>> = {
  'registry login in containerd': `  password = "with}odd 'chars, and ${SECRET}"\n  auth = "${SECRET}"\n`,
  'header of a registry': `  X-Auth-Token = ["${SECRET}"]\n  Authorization = ["Basic ${SECRET}"]`,
  'JSON of docker': `{"log-opts":{"splunk-token":"${SECRET}","x":"y"}}`,
  'JSON in JSON': `{"nodeSpec":"{\\"quiet\\":true,\\"password\\":\\"${SECRET}\\"}"}`,
  'CNI configuration': `{"kubernetes":{"k8s_auth_token":"${SECRET}"},"etcd_password":"${SECRET}"}`,
  'structure in a log of Go': `&{OpenAPIToken:${SECRET} NodeSpec:{} AccessKeySecret:${SECRET}}`,
  'command line': `./edgeadm join --openapi-token ${SECRET} --region r`,
  'list of arguments': `args=["join","--openapi-token","${SECRET}","--region","r"]`,
  'arguments in YAML': `  - --db-password\n  - ${SECRET}\n`,
  'login of curl': `curl -u user:${SECRET} https://x/`,
  'header in a log': `header: map[Authorization:[Custom ${SECRET}] Cookie:[session=${SECRET}]] X-Api-Key: ${SECRET}`,
  'header with words': `Authorization: Digest user ${SECRET}`,
  'environment in a log': `DB_PASSWORD_OF_TEST=${SECRET} AWS_SECRET_ACCESS_KEY=${SECRET}`,
  'a sentence': `the password "${SECRET}" was refused, passwd: ${SECRET}`,
  'a block of YAML': `password: |\n  ${SECRET}\n  more ${SECRET}\nnext: kept`,
  'key of a cloud': 'LTAI5thunterzwei00000',
  'a URL signed with a shared access signature': `GET https://x.blob.core.windows.net/b?sv=2024&sig=${SECRET}%3D`,
  'a token as the user of a URL': `git clone https://${SECRET}@git.example.com/x.git`,
  'a token as the user of a URL with a password': `https://ghp0123456789${SECRET}:x-oauth-basic@git.example.com/`,
  'a URL within a URL': `proxy=http%3A%2F%2Fuser%3A${SECRET}%40proxy%3A3128`,
  'a user and a password, URL-encoded': `login=user%3A${SECRET}%40host`,
  'a form, URL-encoded': `body: name%3Dx%26password%3D${SECRET}%26y`,
  'password of a probe with mysqladmin': `Liveness probe errored: command "mysqladmin -h db -uroot -p${SECRET} ping" timed out`,
  'password of a probe with mysqladmin in a list': `["mysqladmin", "-uroot", "-p${SECRET}", "ping"]`,
  'password of a probe with redis-cli': `["redis-cli", "-h", "r", "-a", "${SECRET}", "ping"]`,
  'password of sshpass': `root 12 0 0 sshpass -p ${SECRET} ssh root@10.0.0.5`,
  'password of sshpass in a list': `["sshpass", "-p", "${SECRET}", "ssh"]`,
  'bearer token of a static pod': `command: ["probe", "--bearer", "${SECRET}", "--url", "x"]`,
  'bearer token of a static pod in YAML': `  - --bearer\n  - ${SECRET}\n`,
  'a name torn apart': `pass\u0001word=${SECRET}`,
};

describe('a text of a node', () => {
  for (const [place, text] of Object.entries(PLACES)) {
    it(`a text of a node has no secret any more: ${place}`, () => {
      const clean = cleanFile(text);
      assert.ok(!clean.includes(SECRET), clean);
      assert.ok(clean.includes('***'), clean);
    });
  }

  it('keeps its words if there is no secret', () => {
    const texts = [
      'E1120 kubelet.go:1] node "edge-1" not found\n',
      'MountVolume.SetUp failed for volume "x" : secret "default-token-7xk2p" not found',
      'authentication:\n  anonymous: {enabled: false}\nauthorization:\n  mode: Webhook\n',
      '{"automountServiceAccountToken":true,"secret":null,"secret":{"secretName":"x"}}',
      'edgeadm join 10.0.0.1:6443 --token ID.SECRET --discovery-token-ca-cert-hash sha256:0123',
      'next: edgeadm token create --print-join-command',
      'next: Create a new token: `edgeadm token create --print-join-command`.',
      '镜像不存在 🚀\n',
    ];
    for (const text of texts) assert.equal(cleanFile(text), text);
  });

  it('no word of a rule or of a remedy is taken for a secret', async () => {
    const sources = ['phases/diagnose/rules.ts', 'phases/diagnose/cluster-rules.ts', 'errors/codes.ts'];
    for (const source of sources) {
      const text = await readFile(new URL(`../../../../src/${source}`, import.meta.url), 'utf8');
      for (const [, sentence = ''] of text.matchAll(/'((?:[^'\\\n]|\\.){20,})'/g))
        assert.equal(cleanFile(sentence), sentence);
    }
  });

  it('a text of a node is its end if it is long, from the beginning of a line', () => {
    const clean = cleanFile(`password=${'x'.repeat(MAX_FILE_CHARACTERS)}\nthe end\n`);
    assert.match(clean, /^\[the first \d+ characters are left out\]\nthe end\n$/);
  });

  it('cleaning a text of a node takes time in proportion to its length, whatever is in it', () => {
    for (const piece of [
      'a',
      '/',
      '-',
      '://',
      'token',
      '--token ',
      'password: ',
      'name: token value: ',
      '=token&',
      '"',
    ])
      assertGrowsWithLength(cleanFile, piece);
  });
});

/** What stands around a secret in the texts of nodes; the secret is a word of its own. */
const AROUND: readonly ((secret: string) => string)[] = [
  (secret) => `https://a.example.com/x?b=1&sig=${secret}&c=2`,
  (secret) => `https://${secret}@a.example.com/`,
  (secret) => `x=user%3A${secret}%40a.example.com`,
  (secret) => `x=1%26password%3D${secret}%26c%3D2`,
  (secret) => `sshpass -p ${secret} ssh a`,
  (secret) => `["--bearer", "${secret}"]`,
];

describe('a secret in the text of a node', () => {
  it('a secret in the text of a node is masked whatever it is made of, and whatever stands around it', () => {
    // Not a placeholder of a help text: these are upper case.
    const secret = fc.stringMatching(/^[a-z][A-Za-z0-9_.~+=-]{7,60}[a-z0-9]$/);
    const text = fc.tuple(secret, fc.constantFrom(...AROUND), fc.stringMatching(/^[a-z0-9 ]{0,20}$/));
    fc.assert(
      fc.property(text, ([value, around, more]) => {
        const encoded = encodeURIComponent(value);
        const clean = cleanFile(`${more} ${around(encoded)} ${more}`);
        assert.ok(!clean.includes(encoded), clean);
      }),
    );
  });

  it('a secret in the text of a node is found without looking at long texts again and again', () => {
    const pieces = [
      '%3A',
      '%3Aa',
      'https://',
      'https://a',
      '://a?&',
      '://a?sig',
      'token%3D',
      'sshpass -v ',
      'a%40',
      '- ',
    ];
    for (const piece of pieces) cleanFile(piece.repeat(200_000 / piece.length));
  });
});

describe('a kubeconfig', () => {
  it('a kubeconfig is shown without the arguments and the environment of its exec plug-in', () => {
    const yaml = `users:
- name: edge
  user:
    exec:
      command: cloud-login
      args:
      - --id
      - ${SECRET}
      env:
      - name: A
        value: ${SECRET}
      provideClusterInfo: true
`;
    const inline = `{"exec":{"command":"cloud-login","args":["get","${SECRET}"],"env":[{"name":"A","value":"${SECRET}"}]}}`;
    for (const text of [yaml, inline, `user: {exec: {command: cloud-login, args: [get, ${SECRET}]}}`]) {
      const clean = withoutExecInput(text);
      assert.ok(!clean.includes(SECRET), clean);
      assert.match(clean, /cloud-login/);
    }
    assert.match(withoutExecInput(yaml), /provideClusterInfo: true/);
  });
});

describe('an environment', () => {
  it('an environment of a pod is not shown, whatever its variables are called and however its YAML is written', () => {
    const manifest = `spec:
  containers:
    - name: app
      env:
        - name: A
          value: ${SECRET} and more
        - value: "${SECRET}"
          name: B
        - {name: C, value: ${SECRET}}
        - name: D
          value: |
            first ${SECRET}

            second ${SECRET}
        - name: E
          valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
      image: hub:1
`;
    const clean = withoutPodEnvironment(manifest);
    assert.ok(!clean.includes(SECRET), clean);
    assert.match(clean, /fieldPath: spec\.nodeName\}\}\n +image: hub:1\n$/);
    assert.equal(withoutPodEnvironment(`{"name": "A", "value": "${SECRET}"}`), '{"name": "A", "value": "***"}');
  });

  it('an environment of a unit shows nothing but what is known to tell something', () => {
    const unit = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--kubeconfig=/etc/kubernetes/kubelet.conf" "HTTPS_PROXY=http://proxy:3128"
Environment=DSN=root:${SECRET}@tcp(db) "SPACED=a ${SECRET}" \\
  'MORE=${SECRET}'
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS
`;
    const clean = withoutUnitEnvironment(unit);
    assert.ok(!clean.includes(SECRET), clean);
    assert.match(clean, /DSN=\*\*\* "SPACED=\*\*\*" \\\n {2}'MORE=\*\*\*'\nExecStart=/);
    assert.match(clean, /--kubeconfig=\/etc\/kubernetes\/kubelet\.conf" "HTTPS_PROXY=http:\/\/proxy:3128"/);
  });

  it('an environment of a file shows nothing secret, with values of several lines', () => {
    const file = `# for the kubelet\nKUBELET_EXTRA_ARGS=--v=2\nexport CREDS='a\n${SECRET}'\n`;
    assert.equal(withoutEnvironment(file), '# for the kubelet\nKUBELET_EXTRA_ARGS=--v=2\nexport CREDS=***\n***\n');
  });
});
