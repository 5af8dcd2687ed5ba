import { pjson } from 'packed:manifest';

/** As oclif prints it. */
export function version(): string {
  return `${pjson.name}/${pjson.version} ${process.platform}-${process.arch} node-${process.version}`;
}
