const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** bundle.yaml is read into memory. */
export const MAX_MANIFEST_BYTES = MIB;
/** One file of a bundle: the largest kubelet has 130 MiB, large images have some GiB. */
export const MAX_ARTIFACT_BYTES = 8 * GIB;
/** A whole .tgz, packed and unpacked. */
export const MAX_ARCHIVE_BYTES = 16 * GIB;
/** Programs of one archive, unpacked: the containerd release has 200 MiB. */
export const MAX_PROGRAMS_BYTES = 2 * GIB;
export const MAX_ARCHIVE_ENTRIES = 10_000;
