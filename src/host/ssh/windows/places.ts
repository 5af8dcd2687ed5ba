import { WINDOWS_PATHS } from '../../windows/paths.ts';

/** `C:\x` is `C:/x` on a drive. */
export function drivePlace(native: string): string {
  return native.replaceAll('\\', '/');
}

export function nativeOf(place: string): string {
  return place.replaceAll('/', '\\');
}

/** A place for a file that is removed soon. */
export function temporaryPlace(systemDrive: string, name: string): string {
  return `${systemDrive}${WINDOWS_PATHS.temporary}/edgeadm-${name}`;
}

/** As the SFTP server of Windows spells it: `/C:/x`. */
export function sftpPath(place: string): string {
  return /^[A-Za-z]:/.test(place) ? `/${place}` : place;
}

/** The place that such a server calls so. */
export function placeInSftp(path: string): string {
  return drivePlace(path).replace(/^\/(?=[A-Za-z]:)/, '');
}
