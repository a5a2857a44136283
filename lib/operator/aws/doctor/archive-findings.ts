import type { Fine, Unknown, Wrong } from "./finding-state.ts";

export type ArchiveFound =
  | Fine<"archive-none">
  /** `oldestMs`: epoch milliseconds, when its oldest object was written. Absent: it has none. */
  | Fine<"archive-right", { bucket: string; oldestMs?: number }>
  | Wrong<"archive-wrong", { bucket: string; faults: readonly ArchiveFault[] }>
  | Unknown<"archive-unclear", { bucket: string; doubts: readonly ArchiveDoubt[] }>;

export type ArchiveFault =
  /** It does not exist, or is in another region: the message says which, and what to do. */
  | { readonly kind: "out-of-reach"; readonly message: string }
  | { readonly kind: "key-missing"; readonly keyId: string }
  | { readonly kind: "key-out-of-use"; readonly keyId: string; readonly keyState: string | undefined }
  /** It keeps objects for fewer days than an audit of a day needs. */
  | { readonly kind: "short-lived"; readonly days: number; readonly neededDays: number }
  /** Its own policy lets everybody in. */
  | { readonly kind: "public" };

export type ArchiveDoubt =
  /** It does not block public access as a whole. Its policy is not public; old grants of objects may be. */
  { readonly kind: "unblocked" } | { readonly kind: "refused"; readonly message: string };
