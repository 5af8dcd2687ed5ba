/** Modules that `scripts/dist/bundle.ts` makes while it bundles. */
declare module 'packed:commands' {
  /** Every command's module by the command's id, evaluated when it is requested. */
  export const commands: Record<string, () => Promise<{ default: import('@oclif/core').Command.Class }>>;
}
declare module 'packed:sandbox' {
  /** Those of the sandbox, which `packed:commands` takes from here. */
  export const commands: Record<string, () => Promise<{ default: import('@oclif/core').Command.Class }>>;
}
declare module 'packed:shared' {
  /**
   * What the sandbox uses of the program, by path in the checkout or name of a library; evaluated when it is requested.
   */
  export const modules: Record<string, () => unknown>;
}
declare module 'packed:manifest' {
  export const manifest: import('@oclif/core').Interfaces.Manifest;
  export const pjson: import('@oclif/core').Interfaces.PJSON;
}
