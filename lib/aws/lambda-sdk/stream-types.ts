/**
 * Stands in for the SDK's check whether a call or its answer is a stream, and of which kind, when the functions are
 * bundled. Their calls are strings and their answers Node's streams; and asking about the web's streams makes Node load
 * those, 1 ms before the first publish.
 */
export const isReadableStream = (): boolean => false;
export const isBlob = (): boolean => false;
export const isStreamingPayload = (): boolean => false;
