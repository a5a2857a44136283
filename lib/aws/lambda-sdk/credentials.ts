import { fromEnv } from "@aws-sdk/credential-provider-env";

/**
 * Stands in for the SDK's own chain of credential providers when the functions are bundled: Lambda hands credentials
 * over in the environment, and the chain's other links (profiles, SSO, instance metadata) would be a third of the
 * bundle.
 */
export const defaultProvider = fromEnv;
