/** The content type of `data` when the row gives none. */
export const DEFAULT_CONTENT_TYPE = "application/json";

const JSON_CONTENT_TYPE = /^(application|text)\/json\s*(;|$)|^[^;]+\+json\s*(;|$)/i;

/** Whether `data` is JSON and stands in the envelope unchanged; any other text stands there as a JSON string. */
export const isJsonContentType = (contentType: string): boolean =>
  contentType === DEFAULT_CONTENT_TYPE || JSON_CONTENT_TYPE.test(contentType);
