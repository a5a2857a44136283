/**
 * The environment of the local run, built so that nothing in it can reach a real account: dummy credentials, no
 * profile, no configuration file, no role, no metadata service, and one endpoint on this machine.
 *
 * Children get a list of allowed variables instead of a list of forbidden ones, so that a variable which a later
 * SDK or CLI learns to read cannot slip through.
 */

export const LOCAL_REGION = "us-east-1";
export const LOCAL_CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" } as const;

const NO_FILE = "/dev/null";
/** Paths of programs, and formats of text and time: the only variables of the shell that a child gets. */
const PASSED_ON = ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM"] as const;
/** Each of these changes the behaviour of an AWS client, the CDK or pip; none may come from the shell. */
const FORBIDDEN_HERE = /^(AWS_|CDK_|AMAZON_|LOCALSTACK_|MINISTACK_)/i;
const PYTHON_REDIRECTIONS = /^(PYTHONHOME|PYTHONPATH|PIP_TARGET|PIP_USER|PIP_PREFIX|PIP_ROOT|VIRTUAL_ENV)$/i;

export type Variables = Readonly<Record<string, string>>;

/** The AWS variables of the local run, the same for every child process and for a person's own shell. */
export function awsVariables(endpoint: string): Variables {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_CONFIG_FILE: NO_FILE,
    AWS_SHARED_CREDENTIALS_FILE: NO_FILE,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

/** What a stack names: its account, 12 digits, and its region. */
export interface StackPlace {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

/**
 * Those that a person needs in a shell of their own; the rest only keeps the SDK quiet. The CDK remembers the account of
 * each access key, so each account has its own.
 */
export const yourVariables = (endpoint: string, { account, region = LOCAL_REGION }: StackPlace = {}): Variables => ({
  ...Object.fromEntries(Object.entries(awsVariables(endpoint)).filter(([name]) => !name.startsWith("AWS_SDK_"))),
  AWS_ACCESS_KEY_ID: account ?? LOCAL_CREDENTIALS.accessKeyId,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
});

/** Each of these would win over the credentials of the local run. */
const LEFT_OUT = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"] as const;

/** One line for a person's own shell. No value of a local run needs quotes. */
export const exportLine = (variables: Variables): string =>
  `export ${Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}; unset ${LEFT_OUT.join(" ")}`;

export interface ChildEnvironmentOptions {
  readonly inherited: NodeJS.ProcessEnv;
  readonly endpoint: string;
  /** A folder of the run that stands in for the home folder, so that no file of the person's own is read or written. */
  readonly home: string;
  /** A folder of the run for temporary files. */
  readonly temp: string;
  /** The folder of the running `node`, so that functions and the CDK use the same one. */
  readonly nodeFolder: string;
}

/** The whole environment of a child process: of the CDK, or of the emulator and, through it, the functions. */
export function childEnvironment(options: ChildEnvironmentOptions): Variables {
  const { inherited, endpoint, home, temp, nodeFolder } = options;
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = inherited[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const path = inherited["PATH"];
  return {
    ...Object.fromEntries(passedOn),
    PATH: path === undefined ? nodeFolder : `${nodeFolder}:${path}`,
    HOME: home,
    TMPDIR: temp,
    NO_COLOR: "1",
    CDK_DISABLE_CLI_TELEMETRY: "true",
    CDK_DISABLE_VERSION_CHECK: "1",
    ...awsVariables(endpoint),
  };
}

/** The environment for installing the emulator: the person's own, for proxies and registries, without AWS in it. */
export function installEnvironment(inherited: NodeJS.ProcessEnv): Variables {
  return Object.fromEntries(
    Object.entries(inherited).flatMap(([name, value]) =>
      value === undefined || FORBIDDEN_HERE.test(name) || PYTHON_REDIRECTIONS.test(name) ? [] : [[name, value]],
    ),
  );
}

/**
 * Removes from this process's environment everything that an AWS client reads, and sets the dummy values. Clients of
 * the local run get endpoint and credentials explicitly; this is a second safeguard.
 */
export function isolateProcess(environment: NodeJS.ProcessEnv, endpoint: string): void {
  for (const name of Object.keys(environment)) {
    if (FORBIDDEN_HERE.test(name)) {
      delete environment[name];
    }
  }
  Object.assign(environment, awsVariables(endpoint));
}
