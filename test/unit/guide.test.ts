import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const GUIDE = readFileSync(new URL('docs/guide.md', ROOT), 'utf8');

/** From the table of contents of the vendor's guide of 2022-07. */
const CHAPTERS =
  '1 2 3.1 3.2 3.3 4.1 4.2 4.3 4.4 4.5 5.1 5.2 5.3.1 5.4 5.5 6.1 6.2 6.3 6.4 7.1 7.2 7.3 8.1 8.2 8.3 8.4 9.1 10.1 10.2';

describe("the page that maps the vendor's guide to commands", () => {
  it("the page that maps the vendor's guide has a row for every chapter", () => {
    const chapters = [...GUIDE.matchAll(/^\| ([\d., ]+) /gm)].flatMap(([, text = '']) =>
      text.split(',').map((each) => each.trim()),
    );
    assert.deepEqual(
      CHAPTERS.split(' ').filter((chapter) => !chapters.includes(chapter)),
      [],
    );
  });

  it("the page that maps the vendor's guide names commands that exist", () => {
    const manifest = JSON.parse(readFileSync(new URL('oclif.manifest.json', ROOT), 'utf8')) as { commands: object };
    const known = Object.keys(manifest.commands).map((id) => id.replaceAll(':', ' '));
    const named = [...GUIDE.matchAll(/`([a-z][a-z -]+[a-z])`/g)].map(([, text = '']) => text.split(' --')[0] ?? '');
    const topics = named.filter(
      (name) => name.includes(' ') && !known.some((each) => each === name || each.startsWith(`${name} `)),
    );
    assert.deepEqual(topics, []);
  });

  it("the page that maps the vendor's guide links to pages that exist", () => {
    const pages = [...GUIDE.matchAll(/\]\(([\w-]+\.md)/g)].map(([, page = '']) => page);
    assert.deepEqual(
      pages.filter((page) => !existsSync(new URL(`docs/${page}`, ROOT))),
      [],
    );
  });
});
