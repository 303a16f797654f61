/**
 * The messages of Terraform's plugin protocol 5 and of go-plugin that are spoken here, by their published field
 * numbers. https://github.com/hashicorp/terraform/blob/v1.11.4/docs/plugin-protocol/tfplugin5.9.proto,
 * https://github.com/hashicorp/go-plugin/tree/v1.6.3/internal/plugin
 */
type Fields = Readonly<Record<string, readonly [id: number, type: string, rule?: "repeated" | "map" | "oneof"]>>;

const message = (fields: Fields) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => {
      if (rule === "map") return [name, { keyType: "string", type, id }];
      return [name, { type, id, ...(rule === "repeated" && { rule }) }];
    }),
  ),
  ...(Object.values(fields).some(([, , rule]) => rule === "oneof") && {
    oneofs: { choice: { oneof: Object.keys(fields).filter((name) => fields[name]![2] === "oneof") } },
  }),
});

const package_ = (messages: Readonly<Record<string, Fields>>) => ({
  nested: Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, message(fields)])),
});

const diagnostics = [2, "Diagnostic", "repeated"] as const;

export const descriptors = {
  nested: {
    tfplugin5: package_({
      DynamicValue: { msgpack: [1, "bytes"], json: [2, "bytes"] },
      // A choice, so that index 0 is written like any other.
      AttributeStep: {
        attributeName: [1, "string", "oneof"],
        elementKeyString: [2, "string", "oneof"],
        elementKeyInt: [3, "int64", "oneof"],
      },
      AttributePath: { steps: [1, "AttributeStep", "repeated"] },
      Diagnostic: {
        severity: [1, "int32"],
        summary: [2, "string"],
        detail: [3, "string"],
        attribute: [4, "AttributePath"],
      },
      RawState: { json: [1, "bytes"], flatmap: [2, "string", "map"] },
      Schema: { version: [1, "int64"], block: [2, "Block"] },
      Block: {
        version: [1, "int64"],
        attributes: [2, "Attribute", "repeated"],
        blockTypes: [3, "NestedBlock", "repeated"],
      },
      Attribute: {
        name: [1, "string"],
        type: [2, "bytes"],
        description: [3, "string"],
        required: [4, "bool"],
        optional: [5, "bool"],
        computed: [6, "bool"],
        sensitive: [7, "bool"],
        deprecated: [9, "bool"],
        writeOnly: [10, "bool"],
      },
      NestedBlock: {
        typeName: [1, "string"],
        block: [2, "Block"],
        nesting: [3, "int32"],
        minItems: [4, "int64"],
        maxItems: [5, "int64"],
      },
      ServerCapabilities: { planDestroy: [1, "bool"], getProviderSchemaOptional: [2, "bool"] },
      GetSchemaRequest: {},
      GetSchemaResponse: {
        provider: [1, "Schema"],
        resourceSchemas: [2, "Schema", "map"],
        dataSourceSchemas: [3, "Schema", "map"],
        diagnostics: [4, "Diagnostic", "repeated"],
        serverCapabilities: [6, "ServerCapabilities"],
      },
      PrepareConfigRequest: { config: [1, "DynamicValue"] },
      PrepareConfigResponse: { preparedConfig: [1, "DynamicValue"], diagnostics },
      ConfigureRequest: { terraformVersion: [1, "string"], config: [2, "DynamicValue"] },
      Diagnostics: { diagnostics: [1, "Diagnostic", "repeated"] },
      TypedConfig: { typeName: [1, "string"], config: [2, "DynamicValue"] },
      UpgradeRequest: { typeName: [1, "string"], version: [2, "int64"], rawState: [3, "RawState"] },
      UpgradeResponse: { upgradedState: [1, "DynamicValue"], diagnostics },
      ReadRequest: { typeName: [1, "string"], currentState: [2, "DynamicValue"], private: [3, "bytes"] },
      ReadResponse: { newState: [1, "DynamicValue"], diagnostics, private: [3, "bytes"] },
      PlanRequest: {
        typeName: [1, "string"],
        priorState: [2, "DynamicValue"],
        proposedNewState: [3, "DynamicValue"],
        config: [4, "DynamicValue"],
        priorPrivate: [5, "bytes"],
      },
      PlanResponse: {
        plannedState: [1, "DynamicValue"],
        requiresReplace: [2, "AttributePath", "repeated"],
        plannedPrivate: [3, "bytes"],
        diagnostics: [4, "Diagnostic", "repeated"],
        legacyTypeSystem: [5, "bool"],
      },
      ApplyRequest: {
        typeName: [1, "string"],
        priorState: [2, "DynamicValue"],
        plannedState: [3, "DynamicValue"],
        config: [4, "DynamicValue"],
        plannedPrivate: [5, "bytes"],
      },
      ApplyResponse: {
        newState: [1, "DynamicValue"],
        private: [2, "bytes"],
        diagnostics: [3, "Diagnostic", "repeated"],
        legacyTypeSystem: [4, "bool"],
      },
      ImportRequest: { typeName: [1, "string"], id: [2, "string"] },
      ImportedResource: { typeName: [1, "string"], state: [2, "DynamicValue"], private: [3, "bytes"] },
      ImportResponse: { importedResources: [1, "ImportedResource", "repeated"], diagnostics },
      ReadDataResponse: { state: [1, "DynamicValue"], diagnostics },
      StopRequest: {},
      StopResponse: { error: [1, "string"] },
    }),
    plugin: package_({
      Empty: {},
      StdioData: { channel: [1, "int32"], data: [2, "bytes"] },
      ConnInfo: { serviceId: [1, "uint32"], network: [2, "string"], address: [3, "string"] },
    }),
    health: package_({ HealthCheckRequest: { service: [1, "string"] }, HealthCheckResponse: { status: [1, "int32"] } }),
  },
};
