/**
 * Stands in for the SDK's search for endpoints when the functions are bundled: DynamoDB's client has its settings, and none of
 * its calls asks for it.
 */
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;

/** The setting that the client reads all the same. */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
