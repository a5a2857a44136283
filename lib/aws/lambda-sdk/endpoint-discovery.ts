/**
 * Stands in for the SDK's search for endpoints when the functions are bundled: DynamoDB's client has the settings, but
 * no call of the functions uses them.
 */
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;

/** The client reads this setting nevertheless. */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
