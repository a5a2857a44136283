/**
 * Stands in for the SDK's questions whether a call or its answer is a stream, and of which kind, when the functions are bundled.
 * Their calls are texts and their answers are Node's streams; and to ask about the web's streams makes Node load those, 1 ms
 * before the first publish.
 */
export const isReadableStream = (): boolean => false;
export const isBlob = (): boolean => false;
export const isStreamingPayload = (): boolean => false;
