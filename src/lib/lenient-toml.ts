import { parse, type TomlTable } from 'smol-toml';

/** Reads TOML that others wrote; what is damaged is as good as empty. */
export function lenientToml(text: string): TomlTable {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' });
  } catch {
    return {};
  }
}
