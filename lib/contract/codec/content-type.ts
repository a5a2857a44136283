/** What `data` is when the row does not say. */
export const DEFAULT_CONTENT_TYPE = "application/json";

const JSON_CONTENT_TYPE = /^(application|text)\/json\s*(;|$)|^[^;]+\+json\s*(;|$)/i;

/** Whether `data` is JSON and so stands in the envelope as it is; any other text stands there as a JSON string. */
export const isJsonContentType = (contentType: string): boolean =>
  contentType === DEFAULT_CONTENT_TYPE || JSON_CONTENT_TYPE.test(contentType);
