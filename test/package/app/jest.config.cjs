// As `cdk init app` makes it, with ts-jest.
const tsconfig = {
  module: "commonjs",
  target: "es2022",
  esModuleInterop: true,
  skipLibCheck: true,
  isolatedModules: true,
};

module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/app.test.ts"],
  testTimeout: 60_000,
  transform: { "^.+\\.tsx?$": ["ts-jest", { tsconfig, diagnostics: false }] },
};
