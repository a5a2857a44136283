/**
 * A JSON string as SQS takes it. SQS refuses two characters that Unicode never assigns, and the whole batch with them.
 * Inside JSON they can only stand in a string, where their escapes mean the same.
 */
export const sqsText = (json: string): string =>
  json.replace(/[\uFFFE\uFFFF]/g, (character) => (character === "\uFFFE" ? "\\ufffe" : "\\uffff"));
