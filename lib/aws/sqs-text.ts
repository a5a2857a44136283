/**
 * A JSON text as SQS takes it: two characters that Unicode never assigns are refused there, and with them the whole batch.
 * Inside JSON they can only stand in a string, so their escapes say the same.
 */
export const sqsText = (json: string): string =>
  json.replace(/[\uFFFE\uFFFF]/g, (character) => (character === "\uFFFE" ? "\\ufffe" : "\\uffff"));
