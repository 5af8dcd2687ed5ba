import { cleanText } from '../lib/clean-text.ts';

/** Dark on light and light on dark, each at least 4.5 to 1 (WCAG 2.1 AA). On paper it is always light. */
const LIGHT = `color-scheme: light; --text: #1c1f23; --dim: #545b64; --page: #fff; --line: #d4d8dd; --band: #f4f5f7;
  --error: #a11b14; --on-error: #fdeceb; --warning: #714900; --on-warning: #fff3d4; --normal: #17591f; --on-normal: #e6f4e8;`;
const DARK = `color-scheme: dark; --text: #e7e9ec; --dim: #a8b0ba; --page: #14171a; --line: #3a4048; --band: #1e2226;
  --error: #ffb3ab; --on-error: #46150f; --warning: #ffd37a; --on-warning: #3a2b00; --normal: #a3d9a8; --on-normal: #143318;`;

const STYLE = `
:root { ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
@media print { :root { ${LIGHT} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 2rem 1.5rem; }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; }
.verdict { margin: 0 0 1.5rem; padding: .75rem 1rem; border-left: .375rem solid; font-size: 1.125rem; }
.verdict strong { margin-right: .5rem; }
.error { color: var(--error); background: var(--on-error); }
.warning { color: var(--warning); background: var(--on-warning); }
.normal { color: var(--normal); background: var(--on-normal); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.5rem; padding: 0; list-style: none; }
.counts li { min-width: 8rem; padding: .5rem 1rem; border-radius: .375rem; }
.counts b { display: block; font-size: 1.75rem; line-height: 1.2; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; }
dt { color: var(--dim); }
dd { margin: 0; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid; outline-offset: 2px; }
table { width: 100%; min-width: 44rem; table-layout: fixed; border-collapse: collapse; font-size: .9375rem; }
.problems { min-width: 64rem; }
th:nth-child(1) { width: 8rem; }
th:nth-child(2) { width: 15rem; }
th, td { padding: .625rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--band); color: var(--dim); font-weight: 600; }
tbody th { font-weight: 600; }
tbody th span { display: block; font-weight: 400; }
summary { padding: .5rem 0; cursor: pointer; font-weight: 600; }
summary small { color: var(--dim); font-weight: 400; }
.result { display: inline-block; padding: .0625rem .5rem; border-radius: .25rem; font-weight: 600; white-space: nowrap; }
footer { margin-top: 2.5rem; color: var(--dim); font-size: .875rem; }
@media (max-width: 48rem) {
  main { padding: 1.25rem 1rem; }
  .counts li { flex: 1 1 6.5rem; min-width: 0; padding: .5rem .75rem; }
  table, .problems { min-width: 0; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: flex; flex-wrap: wrap; gap: .25rem .75rem; padding: .625rem 0; border-bottom: 1px solid var(--line); }
  th, td { padding: 0; border: 0; }
  th:nth-child(n), td { width: auto; white-space: pre-line; }
  td:nth-child(n + 3) { flex-basis: 100%; }
  td:empty { display: none; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--dim); }
}
@media print {
  details::details-content { display: block; content-visibility: visible; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  table, .problems { min-width: 0; font-size: 9pt; }
  th:nth-child(1) { width: 6.5rem; }
  th:nth-child(2) { width: 11rem; }
  th, td { padding: .25rem .5rem; }
  .scroll { overflow: visible; }
  tr, .verdict, .counts li { break-inside: avoid; }
  h2 { break-after: avoid; }
  .verdict, .result, .counts li { border: 1px solid; }
}
`;

/**
 * A whole HTML page that needs nothing else: no script, no address, no font.
 * @param title plain text
 * @param main HTML
 * @param extra rules of this page alone
 */
export function htmlPage(title: string, main: string, extra = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}${extra}</style>
</head>
<body>
<main>
${main}
<footer>Created by edgeadm. Nothing was changed.</footer>
</main>
</body>
</html>
`;
}

/** A wide table scrolls by itself, with the keyboard as well. */
export function section(id: string, title: string, heads: readonly string[], body: readonly string[]): string {
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table class="${id}">
<thead><tr>${heads.map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
</div>
</section>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, without secrets and control characters. */
export function escaped(text: string): string {
  return cleanText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
