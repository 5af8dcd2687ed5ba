const KINDS: readonly (readonly [RegExp, string])[] = [
  [/[A-Z]/, 'upper-case letters'],
  [/[a-z]/, 'lower-case letters'],
  [/[0-9]/, 'digits'],
  [/[^A-Za-z0-9\s]/, 'special characters'],
];
const LEAST_KINDS = 3;

/** The rules for the password of an instance, if it breaks them. Sources: the vendor's user guide, 4.5; the SDK, login_password. */
export function refuseLoginPassword(password: string): string[] {
  const has = KINDS.filter(([kind]) => kind.test(password)).length;
  return [
    ...(password.length < 8 || password.length > 30 ? ['the password must have 8 to 30 characters'] : []),
    ...(has < LEAST_KINDS
      ? [`the password must have characters of three of these kinds: ${KINDS.map(([, kind]) => kind).join(', ')}`]
      : []),
    ...(/\s/.test(password) ? ['the password must not have spaces'] : []),
  ];
}
