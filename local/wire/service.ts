import { Root, type Type } from "protobufjs/light";
import type { Call, Codec, Method, Methods, Outgoing } from "./grpc";
import { fromProtoJson, type ProtoJson, toProtoJson } from "./proto-json";

/** How a service implements its methods: on JSON, so that REST and gRPC share one implementation. */
export interface ServiceImplementation {
  readonly unary: Readonly<Record<string, (request: ProtoJson, call: Call) => Promise<ProtoJson> | ProtoJson>>;
  readonly bidi?: Readonly<
    Record<
      string,
      (requests: AsyncIterable<ProtoJson>, send: (response: ProtoJson) => Promise<void>, call: Call) => Promise<void>
    >
  >;
}

/** Loads generated descriptors. */
export function loadDescriptors(descriptors: object): Root {
  const root = Root.fromJSON(descriptors);
  root.resolveAll();
  return root;
}

const codecOf = (type: Type): Codec & { type: Type } => ({
  type,
  encode: (json) => type.encode(fromProtoJson(type, json)).finish(),
  decode: (bytes) => toProtoJson(type, type.decode(bytes)),
});

/** gRPC methods of a service; one that has no implementation is left out, and so answered with UNIMPLEMENTED. */
export function grpcMethods(root: Root, service: string, implementation: ServiceImplementation): Methods {
  const { methodsArray } = root.lookupService(service);
  const entries = methodsArray.flatMap((method): [string, Method][] => {
    const path = `/${service}/${method.name}`;
    method.resolve();
    const codecs = { request: codecOf(method.resolvedRequestType!), response: codecOf(method.resolvedResponseType!) };
    const unary = implementation.unary[method.name];
    const bidi = implementation.bidi?.[method.name];
    if (unary)
      return [[path, { ...codecs, kind: "unary", handle: async (request, call) => unary(request as ProtoJson, call) }]];
    if (!bidi) return [];
    const handle = (requests: AsyncIterable<object>, out: Outgoing, call: Call) =>
      bidi(requests as AsyncIterable<ProtoJson>, (response) => out.send(response), call);
    return [[path, { ...codecs, kind: "bidi", handle }]];
  });
  return new Map(entries);
}
