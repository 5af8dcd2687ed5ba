/** What a line is made of. */
export interface AttachLine {
  readonly region: string;
  /** Of the cluster, without a `v`. */
  readonly version: string;
  readonly arch: string;
  readonly token: string;
  /** JSON. */
  readonly nodeSpec: string;
  readonly windows: boolean;
}

/** The one line that console and API hand out: it fetches the program and joins. Source: the vendor's user guide. */
export function attachLine({ region, version, arch, token, nodeSpec, windows }: AttachLine): string {
  const folder = `http://aliacs-k8s-${region}.oss-${region}.aliyuncs.com/public/pkg/run/attach/${version}`;
  const flags = (spec: string): string => `join --openapi-token=${token} --node-spec=${spec} --region=${region}`;
  if (windows) {
    const fetch = `Start-BitsTransfer -Source ${folder}/windows/edgeadm -Destination edgeadm.exe`;
    return `${fetch}; ./edgeadm.exe ${flags(powerShellQuoted(nodeSpec))}`;
  }
  return `wget ${folder}/${arch}/edgeadm -O edgeadm; chmod u+x edgeadm; ./edgeadm ${flags(shellQuoted(nodeSpec))}`;
}

/** In double quotes, as the console writes it. An interactive bash would expand `!` even there: JSON can do without. */
function shellQuoted(json: string): string {
  return `"${json.replaceAll('!', '\\u0021').replace(/[\\"$`]/g, '\\$&')}"`;
}

/**
 * Windows PowerShell 5.1 gives a program the quotes of an argument as they are: the program's parser needs
 * one backslash before each. PowerShell also takes typographic apostrophes for its own quotation marks.
 */
function powerShellQuoted(json: string): string {
  const unescaped = json.replace(/\\["\\]/g, (pair) => asJsonEscape(pair.charAt(1)));
  return `'${unescaped.replace(/['\u2018-\u201b]/g, asJsonEscape).replaceAll('"', '\\"')}'`;
}

function asJsonEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
