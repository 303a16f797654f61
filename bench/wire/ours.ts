import { grpcMethods, loadDescriptors } from "../../local/wire/service";
import { startWireServer } from "../../local/wire/server";
import descriptors from "../../local/wire/pubsub.generated.json";

const unary = { Publish: () => ({ messageIds: [] }) };
void startWireServer({
  grpc: grpcMethods(loadDescriptors(descriptors), "google.pubsub.v1.Publisher", { unary }),
}).then((server) => server.close());
