/** Programs, paths and names of services that only Linux has. */
const LINUX_WORDS =
  /\b(?:systemctl|systemd|journalctl|dmesg|timedatectl|hostnamectl|swapoff|sysctl|findmnt|chmod|mkdir|fuser|grep|awk|tail|sudo)\b|\b(?:df|du|ps) -|\brm \/|\bcurl -|\bcat \/|(?<![\w.:/\\-])\/(?:etc|opt|proc|run|usr|var)\/\S*|\b[\w-]+\.service\b/g;

/** What of a text an administrator of a Windows node cannot use. */
export function linuxWordsIn(text: string): string[] {
  return text.match(LINUX_WORDS) ?? [];
}
