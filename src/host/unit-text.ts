/**
 * A unit file with each setting on one line: a backslash continues it with the next line, comments between them left
 * out. See systemd.syntax(7).
 */
export function wholeLines(unit: string): string {
  return unit.replaceAll(/\\\r?\n(?:\s*[#;].*\r?\n)*/g, ' ');
}
