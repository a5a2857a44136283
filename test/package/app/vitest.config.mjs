// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default { test: { globals: true, include: ["app.test.ts"], testTimeout: 60_000 } };
