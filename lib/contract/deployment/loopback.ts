/** This machine itself, as servers here are bound to it and named. */
export const LOOPBACK = "127.0.0.1";

/** Whether a host, as a URL names it, is this machine itself: an emulator, not AWS. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || /^\[?::1\]?$/.test(hostname) || /^127(?:\.\d{1,3}){3}$/.test(hostname);
