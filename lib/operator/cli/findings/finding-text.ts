import type { Found } from "../../aws/doctor/finding.ts";

/** What a check found, and what to do about it: a command, or where to look. */
export interface FindingText {
  readonly what: string;
  readonly fix?: string;
}

/** The words of each code of a union of findings, made of the facts that it comes with. */
export type FindingTexts<Findings extends Found> = {
  readonly [Code in Findings["code"]]: (found: Extract<Findings, { readonly code: Code }>) => FindingText;
};

export const PROOF = "outbox-relay status tells what the relay met; outbox-relay put proves it by an event";
