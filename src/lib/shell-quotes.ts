/** One word for fish. In single quotes only \\ and \' are special. Source: fish, Quotes. */
export function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/**
 * One word for PowerShell. In single quotes nothing is expanded; a quote is doubled, and typographic quotes end a text
 * as well. Sources: about_Quoting_Rules; CodeGeneration.EscapeSingleQuotedStringContent of PowerShell.
 */
export function powershellQuoted(text: string): string {
  return `'${text.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`;
}
