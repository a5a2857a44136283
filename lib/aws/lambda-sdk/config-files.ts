/**
 * Stands in for the SDK's reader of `~/.aws/config` and `~/.aws/credentials` when the functions are bundled: a function
 * has neither, and looking for them delays its first call. Environment variables of the same meaning still count.
 */
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });

/** The SDK's own module exports this too. */
export const CONFIG_PREFIX_SEPARATOR = ".";
