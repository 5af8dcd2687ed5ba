/** What `npm test` says of failures at its end: a CI log is read from there, and no more than its end may be kept. */

/** From mocha's list of failures on, each cut at what fits a screen, or the last lines of what ended without one. */
export function failureReport({ name, text }) {
  const list = text.search(/^\s+\d+ failing$/m);
  const parts = list < 0 ? [text.split('\n').slice(-40).join('\n')] : failuresOf(text.slice(list));
  return `\n== failed: ${name}\n${parts.map((part) => shortened(part)).join('')}`;
}

const failuresOf = (text) => text.split(/^(?= {2}\d+\) )/m);

const MOST = 4000;
const shortened = (text) => {
  if (text.length <= MOST) return text;
  return `${text.slice(0, MOST / 2)}\n      [...]\n${text.slice(-MOST / 2)}`;
};

/** A failed step or, of mocha, the titles of what failed: the end of a log is what is kept of it. */
export function failedNames({ name, text }) {
  const list = text.search(/^\s+\d+ failing$/m);
  const titles = list < 0 ? [] : failuresOf(text.slice(list)).slice(1).map(titleOf);
  return titles.length > 0 ? titles.map((title) => `failed: ${name}: ${title}\n`).join('') : `failed: ${name}\n`;
}

/** mocha ends a title with a colon, each level of it on a line of its own. */
const titleOf = (failure) => {
  const [title = ''] = failure.replace(/^ *\d+\) /, '').split(/:\n/);
  return title.replace(/\s+/g, ' ').slice(0, 300);
};
