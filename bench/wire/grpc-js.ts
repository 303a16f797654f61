import { loadPackageDefinition, Server, ServerCredentials, type ServiceClientConstructor } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type { INamespace } from "protobufjs";
import descriptors from "../../local/wire/pubsub.generated.json";

const loaded = loadPackageDefinition(fromJSON(descriptors as INamespace)) as unknown as {
  google: { pubsub: { v1: { Publisher: ServiceClientConstructor } } };
};
const server = new Server();
server.addService(loaded.google.pubsub.v1.Publisher.service, {
  Publish: (_call: unknown, reply: (error: null, value: object) => void) => reply(null, { messageIds: [] }),
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), () => server.forceShutdown());
