// Stands in for the SDK's reader of event streams when the functions are bundled: none of their calls has one.
throw new Error("The functions are bundled without event streams: see lib/cdk/build/lambda-sdk.ts");
