/**
 * True if two machine IDs are of one machine. That of Windows is its host name, of which programs disagree on the case.
 */
export function sameMachineId(one: string | undefined, other: string | undefined): boolean {
  return one?.toLowerCase() === other?.toLowerCase();
}
