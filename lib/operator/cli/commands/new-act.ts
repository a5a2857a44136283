import { actIdOf } from "../../core/act.ts";
import type { Act } from "../../core/journal.ts";
import type { Session } from "../session.ts";

/** The record of a command that the caller begins now. */
export function newAct(
  { clock, caller }: Pick<Session, "clock" | "caller">,
  { name, what, events, why }: Pick<Act, "name" | "what" | "events"> & { readonly why?: string | undefined },
): Act {
  const atMs = clock.now();
  const id = actIdOf(atMs, Math.random);
  return { id, name, atMs, who: caller.arn, what, events, ...(why === undefined ? {} : { why }) };
}
