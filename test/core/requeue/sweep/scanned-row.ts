import type { ScannedRow } from "../../../../lib/contract/event.ts";

/** A row that never failed, as a scan shows it. */
export const scannedRow = (pk: string, fields: Partial<ScannedRow> = {}): ScannedRow => ({
  key: { pk, sk: "1" },
  marks: { attempts: 0 },
  ...fields,
});
