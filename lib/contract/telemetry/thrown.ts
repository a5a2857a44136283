import { shownKind } from "../shown-value.ts";

/** What is known of a value that was thrown. */
export interface Thrown {
  readonly isError: boolean;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/**
 * Reads what was thrown. That may be any value, and looking at it may throw in turn: it may have no prototype, or a getter, or be
 * a Proxy. So each part is read by itself, and what cannot be read is said to be so.
 */
export function readThrown(thrown: unknown): Thrown {
  const isError = readable(() => thrown instanceof Error) === true;
  const error = isError
    ? (thrown as Error)
    : new Error(readable(() => String(thrown) || shownKind(thrown)) ?? UNREADABLE);
  const text = (part: "name" | "message" | "stack"): string | undefined => {
    const read: unknown = readable(() => error[part]);
    return typeof read === "string" ? read : undefined;
  };
  return { isError, name: text("name") || "Error", message: text("message") ?? UNREADABLE, stack: text("stack") };
}

const UNREADABLE = "what was thrown cannot be read";

function readable<Read>(read: () => Read): Read | undefined {
  try {
    return read();
  } catch {
    // The fault of whoever made the value, not the one that is told of.
    return undefined;
  }
}
